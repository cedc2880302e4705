using CniPlugins.Cni;
using CniPlugins.Ipam.Dhcp;
using CniPlugins.Ipam.Dhcp.Daemon;

namespace CniPlugins.Tests.Unit;

/// <summary>What the dhcp plugin's configuration and the daemon's flags mean, and what is wrong with them in upstream's words.</summary>
public sealed class DhcpConfigTests
{
    [Fact]
    public void Later_values_take_the_place_of_earlier_ones_and_arguments_that_of_values()
    {
        var config = Read(
            """ "provide":[{"option":"host-name","value":"a"},{"option":"12","value":"b","fromArg":"K"},{"option":"60","fromArg":"missing"}] """, "X=1;K=c=d;Y");
        Assert.Equal([(12, "c=d")], config.Provide.Select(pair => ((int)pair.Key, System.Text.Encoding.UTF8.GetString(pair.Value))));
    }

    [Theory]
    [InlineData("", new byte[] { 3, 1 })]
    [InlineData("""{"option":"121"}""", new byte[] { 121, 3, 1 })]
    [InlineData("""{"option":"routers"}""", new byte[] { 3, 1 })]
    [InlineData("""{"skipDefault":true,"option":"6"}""", new byte[] { 6 })]
    [InlineData("""{"skipDefault":true}""", new byte[] { 1, 3, 15, 6 })]
    public void Requested_options_come_before_the_usual_ones(string entries, byte[] expected) =>
        Assert.Equal(expected, Read($"\"request\":[{entries}]", "").Request);

    [Theory]
    [InlineData("host", "Can not parse option \"host\": Can not parse option: strconv.ParseUint: parsing \"host\": invalid syntax")]
    [InlineData("256", "Can not parse option \"256\": Can not parse option: strconv.ParseUint: parsing \"256\": value out of range")]
    [InlineData("", "Can not parse option \"\": Can not parse option: strconv.ParseUint: parsing \"\": invalid syntax")]
    public void An_option_that_is_none_is_named(string name, string message) => Assert.Equal(
        message, Assert.Throws<CniException>(() => Read($$"""  "provide":[{"option":"{{name}}","value":"x"}] """, "")).Message);

    [Fact]
    public void A_value_that_no_option_holds_is_refused()
    {
        var long_ = new string('x', 256);
        Assert.Equal(
            $"value too long for option \"12\": \"{long_}\"",
            Assert.Throws<CniException>(() => Read($$"""  "provide":[{"option":"12","value":"{{long_}}"}] """, "")).Message);
        Assert.Equal(
            $"value too long for option \"12\" from CNI_ARGS \"K\": \"{long_}\"",
            Assert.Throws<CniException>(() => Read(""" "provide":[{"option":"12","fromArg":"K"}] """, $"K={long_}")).Message);
    }

    [Fact]
    public void Flags_are_read_as_Go_reads_them()
    {
        var options = DaemonOptions.Parse(
            ["-pidfile", "/p", "--hostprefix=/host", "-socketpath=/s", "-broadcast", "--timeout", "1m2.5s", "-resendmax=300ms", "-resendtimeout", "1h"]);
        Assert.Equal(("/p", "/host", "/s", true), (options.PidFile, options.HostPrefix, options.SocketPath, options.Broadcast));
        Assert.Equal((62.5, 0.3, 3600), (options.Timeout.TotalSeconds, options.ResendMax.TotalSeconds, options.ResendTimeout.TotalSeconds));
        Assert.Equal("/host/s", options.Socket);
        Assert.False(DaemonOptions.Parse(["-broadcast=false"]).Broadcast);
        Assert.Equal(DhcpConfig.DefaultSocket, DaemonOptions.Parse(["--", "-socketpath", "/x"]).Socket);
    }

    [Theory]
    [InlineData("flag provided but not defined: -x", "-x")]
    [InlineData("flag needs an argument: -timeout", "-timeout")]
    [InlineData("invalid value \"10\" for flag -timeout: parse error", "-timeout=10")]
    [InlineData("invalid value \"-1s\" for flag -timeout: parse error", "-timeout", "-1s")]
    [InlineData("invalid boolean value \"maybe\" for -broadcast: parse error", "-broadcast=maybe")]
    public void A_flag_that_cannot_be_read_is_named(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => DaemonOptions.Parse(arguments)).Message);

    private static DhcpConfig Read(string members, string args) => DhcpConfig.Read(
        NetConf.Parse(System.Text.Encoding.UTF8.GetBytes($$"""{"name":"n","ipam":{"type":"dhcp",{{members}} } }""")), args);
}
