using CniPlugins.Netlink;
using CniPlugins.Netlink.Uapi;
using CniPlugins.Nftables.Uapi;

namespace CniPlugins.Nftables;

/// <summary>nft -f: changes that the kernel makes all together or not at all, in this order.</summary>
internal sealed partial class Batch
{
    /// <summary>Room for any message but one of elements; the largest, a rule with two IPv6 addresses in its key, is a quarter of it.</summary>
    private const int MessageSize = 4096;

    private readonly List<BatchStep> _steps = [];
    private byte[] _bytes = new byte[MessageSize];
    private int _length;
    private uint _setId;

    public bool IsEmpty => _steps.Count == 0;

    /// <summary>add table inet NAME</summary>
    public Batch Ensure(Table table)
    {
        var message = Begin(NFT_MSG.NEWTABLE, NLM_F.CREATE, table);
        message.Attributes<NFTA_TABLE>().Put(NFTA_TABLE.NAME, table.Name);
        return End(message, "add", table);
    }

    /// <summary>add chain inet TABLE NAME { type … hook … priority …; policy …; }</summary>
    public Batch Ensure(Chain chain)
    {
        var message = Begin(NFT_MSG.NEWCHAIN, NLM_F.CREATE, chain.Table);
        var attributes = message.Attributes<NFTA_CHAIN>();
        attributes.Put(NFTA_CHAIN.TABLE, chain.Table.Name);
        attributes.Put(NFTA_CHAIN.NAME, chain.Name);
        if (chain.Hook is { } hook)
        {
            using (var nest = attributes.Nest<NFTA_HOOK>(NFTA_CHAIN.HOOK))
            {
                nest.PutNet(NFTA_HOOK.HOOKNUM, (uint)hook.Point);
                nest.PutNet(NFTA_HOOK.PRIORITY, hook.Priority);
            }

            attributes.PutNet(NFTA_CHAIN.POLICY, (uint)(hook.PolicyDrop ? NF.DROP : NF.ACCEPT));
            attributes.Put(NFTA_CHAIN.TYPE, hook.Type.Word());
        }

        return End(message, "add", chain);
    }

    /// <summary>flush chain inet TABLE NAME</summary>
    public Batch Flush(Chain chain)
    {
        var message = Begin(NFT_MSG.DELRULE, 0, chain.Table);
        Name(message, chain);
        return End(message, "flush", chain);
    }

    /// <summary>add rule inet TABLE CHAIN STATEMENTS comment "…": at the end of the chain.</summary>
    public Batch Add(Chain chain, IReadOnlyList<Statement> rule, string? comment = null, byte[]? @private = null)
    {
        var message = Begin(NFT_MSG.NEWRULE, NLM_F.CREATE | NLM_F.APPEND, chain.Table);
        var attributes = Name(message, chain);
        using (var list = attributes.Nest<NFTA_LIST>(NFTA_RULE.EXPRESSIONS))
        {
            var expressions = new Expressions(list, chain.Table.Family);
            foreach (var statement in rule)
                statement.Write(ref expressions);
        }

        if (comment is not null)
            attributes.Put(NFTA_RULE.USERDATA, Userdata.Write(comment, @private));
        return End(message, "add", new RuleText(chain, rule));
    }

    /// <summary>delete rule inet TABLE CHAIN handle N</summary>
    public Batch Delete(Rule rule)
    {
        var message = Begin(NFT_MSG.DELRULE, 0, rule.Chain.Table);
        Name(message, rule.Chain).PutNet(NFTA_RULE.HANDLE, rule.Handle);
        return End(message, "delete", rule);
    }

    /// <summary>delete chain inet TABLE NAME: an empty one that nothing jumps to, else EBUSY.</summary>
    public Batch Delete(Chain chain)
    {
        var message = Begin(NFT_MSG.DELCHAIN, 0, chain.Table);
        var attributes = message.Attributes<NFTA_CHAIN>();
        attributes.Put(NFTA_CHAIN.TABLE, chain.Table.Name);
        attributes.Put(NFTA_CHAIN.NAME, chain.Name);
        return End(message, "delete", chain);
    }

    /// <summary>delete table inet NAME: with all that is in it.</summary>
    public Batch Delete(Table table)
    {
        var message = Begin(NFT_MSG.DELTABLE, 0, table);
        message.Attributes<NFTA_TABLE>().Put(NFTA_TABLE.NAME, table.Name);
        return End(message, "delete", table);
    }

    private static Attributes<NFTA_RULE> Name(NetlinkMessage message, Chain chain)
    {
        var attributes = message.Attributes<NFTA_RULE>();
        attributes.Put(NFTA_RULE.TABLE, chain.Table.Name);
        attributes.Put(NFTA_RULE.CHAIN, chain.Name);
        return attributes;
    }

    /// <summary>A message at the end of the batch, which it belongs to once it has ended.</summary>
    private NetlinkMessage Begin(NFT_MSG type, NLM_F flags, Table table, int size = MessageSize)
    {
        if (_length + size > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + size));
        return NftMessage.Create(_bytes.AsSpan(_length), type, flags, table.Family);
    }

    private Batch End(NetlinkMessage message, string verb, object subject)
    {
        _steps.Add(new BatchStep(_length, verb, subject));
        _length += message.Bytes.Length;
        return this;
    }

    /// <summary>A rule in words, made only when somebody reads them.</summary>
    private sealed record RuleText(Chain Chain, IReadOnlyList<Statement> Statements)
    {
        public override string ToString() => $"rule {Chain.Path} {string.Join(' ', Statements)}";
    }
}
