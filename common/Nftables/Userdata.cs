using System.Text;

namespace CniPlugins.Nftables;

/// <summary>What the kernel keeps with rules and elements without reading it: records of type, length and bytes (libnftnl/udata.h).</summary>
internal static class Userdata
{
    /// <summary>NFT_USERDATA_MAXLEN.</summary>
    public const int MaxLength = 256;

    // NFTNL_UDATA_RULE_COMMENT and NFTNL_UDATA_SET_ELEM_COMMENT.
    private const byte Comment = 0;

    // Ours, far above the types that nft has given meanings to; nft skips what it does not know.
    private const byte Private = 0x40;

    public static byte[] Write(string? comment, byte[]? @private)
    {
        byte[] text = comment is null ? [] : [.. Encoding.UTF8.GetBytes(comment), 0];
        var length = (text.Length == 0 ? 0 : 2 + text.Length) + (@private is null ? 0 : 2 + @private.Length);
        if (length > MaxLength)
            throw new ArgumentException($"a comment and what goes with it must fit into {MaxLength} bytes, not {length}", nameof(comment));

        var bytes = new List<byte>(length);
        if (text.Length > 0)
            bytes.AddRange([Comment, (byte)text.Length, .. text]);
        if (@private is not null)
            bytes.AddRange([Private, (byte)@private.Length, .. @private]);
        return [.. bytes];
    }

    public static (string? Comment, byte[]? Private) Read(ReadOnlySpan<byte> bytes)
    {
        string? comment = null;
        byte[]? @private = null;
        while (bytes.Length >= 2 && bytes[1] <= bytes.Length - 2)
        {
            var value = bytes.Slice(2, bytes[1]);
            if (bytes[0] == Comment)
                comment = Encoding.UTF8.GetString(value).TrimEnd('\0');
            else if (bytes[0] == Private)
                @private = value.ToArray();
            bytes = bytes[(2 + value.Length)..];
        }

        return (comment, @private);
    }
}
