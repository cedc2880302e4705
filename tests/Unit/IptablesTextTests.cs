using CniPlugins.Iptables;
using CniPlugins.Net;
using CniPlugins.Nftables;

namespace CniPlugins.Tests.Unit;

/// <summary>The language of iptables-save and iptables-restore.</summary>
public sealed class IptablesTextTests
{
    [Theory]
    [InlineData("-s 10.1.0.2/32 -j ACCEPT", "-s", "10.1.0.2/32", "-j", "ACCEPT")]
    [InlineData("--comment \"name: \\\"n1\\\" id: \\\"cid1\\\"\"", "--comment", "name: \"n1\" id: \"cid1\"")]
    [InlineData("--comment \"a\\\\b 'c'\"", "--comment", "a\\b 'c'")]
    [InlineData("! -d ff00::/8 \"\"", "!", "-d", "ff00::/8", "")]
    public void A_line_holds_words_and_gives_them_back(string line, params string[] words)
    {
        Assert.Equal(line, Words.Join(words));
        Assert.Equal(words, Words.Split(line));
    }

    [Theory]
    [InlineData("a\nCOMMIT")]
    [InlineData("a\rb")]
    [InlineData("a\0b")]
    public void What_would_end_a_line_is_refused(string word) => Assert.Throws<IptablesException>(() => Words.Join(["-m", word]));

    [Fact]
    public void A_word_that_the_program_would_cut_off_is_refused() =>
        Assert.Throws<IptablesException>(() => Words.Join([new string('a', 1024)]));

    [Fact]
    public void A_batch_is_one_table_of_one_restore()
    {
        var rule = new IptablesRule("C", "-j", "RETURN");
        var batch = new IptablesBatch(Family.Ip, "nat").Declare("C").New("D").Append(rule).Insert(rule).Delete(rule).Remove("E");
        Assert.Equal("*nat\n:C - [0:0]\n-N D\n-A C -j RETURN\n-I C 1 -j RETURN\n-D C -j RETURN\n-F E\n-X E\nCOMMIT\n", batch.ToString());
    }

    [Fact]
    public void A_saved_table_is_read()
    {
        var table = SavedTable.Parse("# by\n*nat\n:POSTROUTING ACCEPT [1:2]\n:CNI-a - [0:0]\n-A POSTROUTING -s 10.1.0.2/32 -m comment --comment \"a b\" -j CNI-a\nCOMMIT\n");
        var rule = Assert.Single(table.Rules);
        Assert.True(table.Has("CNI-a") && table.Has("POSTROUTING") && !table.Has("CNI"));
        Assert.True(table.Has(new IptablesRule("POSTROUTING", ["-s", "10.1.0.2/32", .. IptablesRule.Comment("a b"), "-j", "CNI-a"])));
        Assert.True(rule.LeadsTo("CNI-a") && !rule.LeadsTo("CNI-") && rule.IsFrom(IpAddress.Parse("10.1.0.2")) && !rule.IsFrom(IpAddress.Parse("10.1.0.20")));
        Assert.True(rule.Includes(new IptablesRule("POSTROUTING", "--comment", "a b", "-j", "CNI-a")));
        Assert.False(rule.Includes(new IptablesRule("POSTROUTING", "-j", "CNI-a", "--comment")));
    }

    [Fact]
    public void A_comment_is_as_long_as_the_kernel_keeps_it() =>
        Assert.Equal(255, IptablesRule.Comment(new string('a', 300))[3].Length);
}
