using CniPlugins.Nftables;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Kernel;

/// <summary>A whole ruleset, once through us and once through nft.</summary>
public sealed class NftLayoutTests
{
    [Fact]
    public void What_we_say_is_what_nft_reads_in_the_same_words()
    {
        using var ours = new NftHost();
        using var theirs = new NftHost();
        ours.Socket.Commit(NftLayout.Skeleton());
        theirs.Load(NftLayout.Text);
        Assert.Equal(theirs.Nft("list table inet cni_plugins"), ours.Nft("list table inet cni_plugins"));
    }

    [Fact]
    public void A_listing_of_ours_can_be_loaded_again()
    {
        using var ours = new NftHost();
        using var theirs = new NftHost();
        ours.Socket.Commit(NftLayout.Skeleton().Create(NftLayout.Pod("10.1.0.2", 8080, 80, "owner")));
        var text = ours.Nft("list ruleset");
        theirs.Load(text);
        Assert.Equal(text, theirs.Nft("list ruleset"));
    }

    [Fact]
    public void A_second_time_changes_nothing_and_keeps_the_elements()
    {
        using var host = new NftHost();
        host.Socket.Commit(NftLayout.Skeleton().Create(NftLayout.Pod("10.1.0.2", 8080, 80, "owner")));
        var before = host.Nft("list ruleset");
        host.Socket.Commit(NftLayout.Skeleton());
        Assert.Equal(before, host.Nft("list ruleset"));
    }

    [Fact]
    public void What_nft_made_is_read_as_if_we_had_made_it()
    {
        using var host = new NftHost();
        host.Load(NftLayout.Text);
        Assert.True(host.Socket.Has(NftLayout.Table));
        Assert.False(host.Socket.Has(new Table(Family.Inet, "other")));
        Assert.False(host.Socket.Has(new Table(Family.Ip, "cni_plugins")));
        Assert.Equal(NftLayout.Postrouting, host.Socket.FindChain(NftLayout.Table, "postrouting"));
        Assert.Equal(new Chain(NftLayout.Table, "masq"), host.Socket.FindChain(NftLayout.Table, "masq"));
        Assert.Null(host.Socket.FindChain(NftLayout.Table, "other"));
        Assert.Null(host.Socket.FindChain(new Table(Family.Ip, "nat"), "CNI-0123"));
        Assert.Equal(
            ["martians", "prerouting", "output", "hostports", "hairpin", "postrouting", "masq"],
            host.Socket.Chains(NftLayout.Table).Select(chain => chain.Name));

        var sets = host.Socket.Sets(NftLayout.Table);
        Assert.Equal(16, sets.Count);
        var map = sets.Single(set => set == NftLayout.Port(v6: true));
        Assert.Equal(NftLayout.Port(v6: true).Key, map.Key);
        Assert.Equal(NftLayout.Port(v6: true).Data, map.Data);
        Assert.Null(sets.Single(set => set.Name == "own4_24").Data);
    }

    [Fact]
    public void Base_chains_of_other_tables_are_read_with_their_policy()
    {
        using var host = new NftHost();
        host.Load("""
            table ip filter {
                chain FORWARD { type filter hook forward priority filter; policy drop; }
            }
            table ip nat {
                chain CNI-1 { }
            }
            """);
        var forward = host.Socket.FindChain(new Table(Family.Ip, "filter"), "FORWARD");
        Assert.Equal(new Hook(ChainType.Filter, HookPoint.Forward, Priority.Filter) { PolicyDrop = true }, forward?.Hook);
        Assert.Equal(["FORWARD"], host.Socket.Chains(new Table(Family.Ip, "filter")).Select(chain => chain.Name));
    }

    [Fact]
    public void Rules_are_found_by_comment_and_by_where_they_lead_and_deleted_by_handle()
    {
        using var host = new NftHost();
        host.Load("""
            table ip nat {
                chain CNI-1 { counter masquerade; }
                chain postrouting {
                    type nat hook postrouting priority srcnat; policy accept;
                    ip saddr 10.1.0.2 jump CNI-1 comment "one"
                    ip saddr 10.1.0.3 masquerade comment "two"
                    counter accept
                }
            }
            """);
        var chain = new Chain(new Table(Family.Ip, "nat"), "postrouting");
        var rules = host.Socket.Rules(chain);
        Assert.Equal(["one", "two", null], rules.Select(rule => rule.Comment));
        Assert.Equal(["CNI-1", null, null], rules.Select(rule => rule.Target));

        var pod = chain with { Name = "CNI-1" };
        host.Socket.Commit(new Batch().Delete(rules[0]).Flush(pod).Delete(pod));
        Assert.Equal(["ip saddr 10.1.0.3 masquerade comment \"two\"", "counter packets 0 bytes 0 accept"], host.Rules(chain));
        Assert.Empty(host.Socket.Rules(pod));

        host.Socket.Commit(new Batch().Delete(chain.Table));
        Assert.Equal("", host.Nft("list ruleset"));
    }

    [Fact]
    public void A_policy_and_a_comment_are_said_as_nft_says_them()
    {
        using var host = new NftHost();
        var chain = new Chain(new Table(Family.Inet, "t"), "input")
        {
            Hook = new Hook(ChainType.Filter, HookPoint.Input, Priority.Filter) { PolicyDrop = true },
        };
        host.Socket.Commit(new Batch().Ensure(chain.Table).Ensure(chain).Add(chain, [Verdict.Accept], "all, for \u00e4ll"));
        Assert.Equal(
            "table inet t {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t\taccept comment \"all, for \u00e4ll\"\n\t}\n}\n",
            host.Nft("list table inet t"));
        Assert.Equal(chain, host.Socket.FindChain(chain.Table, "input"));
    }
}
