using System.Text.Json.Nodes;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>Debian's tuning beside ours: the same answers, the same settings, the same files; what either made, the other takes back.</summary>
public sealed class TuningInteropTests
{
    /// <summary>Members of the configuration, CNI_ARGS.</summary>
    public static TheoryData<string, string> Configurations => new()
    {
        { "", "" },
        { TuningCall.Everything, "" },
        { TuningCall.Sysctls, "" },
        { "\"mtu\":1400", "" },
        { "\"mtu\":0", "" },
        { "\"mtu\":1400", "MAC=02:00:00:00:00:02" },
        { "\"mtu\":1400", "IgnoreUnknown=1;K8S_POD_NAME=x" },
        { "\"mtu\":1400", "MAC=zz" },
        { "\"mtu\":1400", "FOO=zz" },
        { "\"mtu\":1400", "FOO" },
        { "\"promisc\":true", "" },
        { "\"promisc\":false,\"allmulti\":false", "" },
        { "\"allmulti\":true", "" },
        { "\"mac\":\"02:00:00:00:00:0A\"", "" },
        { "\"mac\":\"0200.0000.000d\"", "" },
        { "\"mac\":\"02-00-00-00-00-0d\",\"mtu\":1300", "" },
        { "\"mac\":\"\",\"mtu\":1300", "" },
        { "\"mac\":\"02:00:00:00:00:01\",\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:03\"}", "MAC=02:00:00:00:00:02" },
        { "\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:03\"},\"args\":{\"cni\":{\"mac\":\"02:00:00:00:00:04\",\"mtu\":1300,\"promisc\":true,\"allmulti\":true}}", "" },
        { "\"promisc\":true,\"allmulti\":true,\"mtu\":1400,\"args\":{\"cni\":{\"promisc\":false,\"allmulti\":false,\"mtu\":1300}}", "" },
        { TuningCall.Sysctls + ",\"args\":{\"cni\":{\"sysctl\":{\"net.core.somaxconn\":\"300\"}}}", "" },
        { "\"sysctl\":{\"net.core.somaxconn\":\"\"}", "" },
        { "\"sysctl\":{\"net.core.somaxconn\":\"abc\"}", "" },
        { "\"sysctl\":{\"net.core.somaxconn\":5}", "" },
        { "\"sysctl\":{\"net.ipv4.nonexist\":\"1\"}", "" },
        { "\"sysctl\":{\"net.ipv4\":\"1\"}", "" },
        { "\"sysctl\":{\"net\":\"1\"}", "" },
        { "\"sysctl\":{\"\":\"1\"}", "" },
        { "\"sysctl\":{\"/etc/passwd\":\"1\"}", "" },
        { "\"sysctl\":{\"net/../kernel/hostname\":\"1\"}", "" },
        { "\"mac\":\"zz\"", "" },
        { "\"mac\":\"01:00:00:00:00:01\"", "" },
        { "\"mtu\":70000", "" },
        { "\"mtu\":-1", "" },
        { "\"mtu\":\"x\"", "" },
    };

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Both_answer_alike_and_leave_the_same_behind(string members, string args)
    {
        using var host = new Sandbox();
        var (ours, theirs) = (new TuningCall(host), new TuningCall(host, CniCall.UpstreamBin) { DataDir = Path.Combine(host.Directory, "theirs") });
        foreach (var call in new[] { ours, theirs })
        {
            call.Variables["CNI_ARGS"] = args;
            Sandbox.PodIp(call.Pod, "link set eth0 address 0a:00:00:00:00:07");
        }

        foreach (var version in new[] { "0.1.0", "0.3.1", "0.4.0", "1.0.0" })
        {
            var (our, their) = (ours.Run("ADD", ours.Conf(members, version)), theirs.Run("ADD", theirs.Conf(members, version)));
            Assert.True(our.ExitCode == their.ExitCode, $"{their.Output}\n{our.Output}");
            if (their.ExitCode == 0)
            {
                Assert.Equal(theirs.State(), ours.State());
                Assert.Equal(Content(theirs, "c1"), Content(ours, "c1"));
                Compare(their.Output, our.Output.Replace(ours.Pod, theirs.Pod, StringComparison.Ordinal), version);
            }
            else
            {
                CompareErrors(CniCall.Error(their), CniCall.Error(our));
            }

            foreach (var call in new[] { ours, theirs })
                call.Run("DEL", call.Bare(members, version));
            Assert.Equal(theirs.State(), ours.State());
            Assert.True(their.ExitCode != 0 || ours.Files.Length == 0);
        }

        static string Content(TuningCall call, string id) => File.Exists(call.BackupOf(id)) ? File.ReadAllText(call.BackupOf(id)) : "";
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_one_implementation_changes_the_other_checks_and_takes_back(bool oursFirst)
    {
        using var host = new Sandbox();
        var first = new TuningCall(host, oursFirst ? null : CniCall.UpstreamBin);
        var second = new TuningCall(host, oursFirst ? CniCall.UpstreamBin : null, first.Pod);
        var before = first.State();
        const string members = "\"sysctl\":{\"net.core.somaxconn\":\"4096\"},\"mac\":\"02:00:00:00:00:01\",\"mtu\":1400,\"promisc\":true,\"allmulti\":false";
        first.Add(members);
        Assert.NotEqual(before, first.State());
        second.Check(members.Replace(",\"allmulti\":false", "", StringComparison.Ordinal)); // 1.1.1 compares allmulti: false with its own pointer
        second.Del(members);
        Assert.Equal(before, first.State());
        Assert.Empty(first.Files);
        second.Del(members);
        first.Del(members);
    }

    [Fact]
    public void A_second_ADD_by_ours_behind_one_by_debians_keeps_the_first_values()
    {
        using var host = new Sandbox();
        var theirs = new TuningCall(host, CniCall.UpstreamBin);
        var ours = new TuningCall(host, null, theirs.Pod);
        var before = theirs.State();
        theirs.Add("\"mtu\":1400,\"allmulti\":true");
        ours.Add("\"mtu\":1400,\"allmulti\":true");
        theirs.Del("");
        Assert.Equal(before, theirs.State());
        Assert.Empty(ours.Files);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"mtu\":1300")]
    [InlineData("\"promisc\":true")]
    [InlineData("\"mac\":\"02:00:00:00:00:01\"")]
    [InlineData("\"sysctl\":{\"net.core.somaxconn\":\"7\"}")]
    [InlineData("\"sysctl\":{\"net.ipv4.nonexist\":\"7\"}")]
    public void Both_find_the_same_fault_in_CHECK(string members)
    {
        using var host = new Sandbox();
        var ours = new TuningCall(host);
        var theirs = new TuningCall(host, CniCall.UpstreamBin, ours.Pod);
        Sandbox.PodIp(ours.Pod, "link set eth0 address 0a:00:00:00:00:07");
        var (our, their) = (ours.Run("CHECK", ours.Conf(members)), theirs.Run("CHECK", theirs.Conf(members)));
        Assert.Equal((their.ExitCode, their.ExitCode == 0 ? default : Head(their)), (our.ExitCode, our.ExitCode == 0 ? default : Head(our)));
    }

    private static (int Code, string Message) Head(ToolResult reply) => (CniCall.Error(reply).Code, CniCall.Error(reply).Message);

    /// <summary>Byte by byte, but for 1.0.0, whose members have another order since 1.6.0.</summary>
    private static void Compare(string theirs, string ours, string version)
    {
        if (version != "1.0.0")
        {
            Assert.Equal(theirs, ours);
            return;
        }

        var expected = JsonNode.Parse(theirs)!.AsObject();
        expected.Remove("dns");
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(ours)), $"{theirs}\n{ours}");
    }

    /// <summary>The code always; of the message what upstream says at all: for a refusal of the kernel, only the errno's text.</summary>
    private static void CompareErrors((int Code, string Message, string Details) theirs, (int Code, string Message, string Details) ours)
    {
        Assert.Equal(theirs.Code, ours.Code);
        if (theirs.Message.Contains("json:", StringComparison.Ordinal))
            Assert.StartsWith(theirs.Message[..theirs.Message.IndexOf("field", StringComparison.Ordinal)], ours.Message, StringComparison.Ordinal);
        else if (!ours.Message.StartsWith("invalid MTU", StringComparison.Ordinal))
            Assert.EndsWith(theirs.Message, ours.Message, StringComparison.Ordinal);
    }
}
