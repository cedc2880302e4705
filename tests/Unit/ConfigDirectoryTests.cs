using CniPlugins.Cni;
using CniPlugins.Runtime;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Unit;

/// <summary>Finding a network among files (libcni/conf.go, LoadNetworkConf).</summary>
public sealed class ConfigDirectoryTests : IDisposable
{
    private readonly FakeHost _host = new();

    private ConfigDirectory Configs => new(_host.ConfigPath);

    [Fact]
    public void Lists_come_before_single_plugins_and_files_in_order_of_their_names()
    {
        _host.WriteConfig("05-single.conf", """{"name":"n","type":"single"}""");
        _host.WriteConfig("20-second.conflist", """{"name":"n","plugins":[{"type":"second"}]}""");
        _host.WriteConfig("10-first.conflist", """{"name":"n","plugins":[{"type":"first"}]}""");
        _host.WriteConfig("06-other.json", """{"name":"other","type":"json"}""");
        Assert.Equal("first", Configs.Find("n").Plugins.Single().Type);
        Assert.Equal("json", Configs.Find("other").Plugins.Single().Type);
    }

    [Fact]
    public void A_network_that_is_not_there_is_named()
    {
        Assert.Equal($"no net configurations found in {_host.ConfigPath}", Assert.Throws<ConfigException>(() => Configs.Find("n")).Message);
        Assert.Equal("no net configurations found in /nonexistent", Assert.Throws<ConfigException>(() => new ConfigDirectory("/nonexistent").Find("n")).Message);
        _host.WriteConfig("10.conflist", """{"name":"m","plugins":[{"type":"a"}]}""");
        Assert.Equal($"no net configuration with name \"n\" in {_host.ConfigPath}", Assert.Throws<ConfigException>(() => Configs.Find("n")).Message);
    }

    [Fact]
    public void A_broken_list_aborts_the_search_but_not_the_listing()
    {
        _host.WriteConfig("10.conflist", "{");
        _host.WriteConfig("20.conf", """{"name":"n","type":"a"}""");
        Assert.Equal("error parsing configuration list: unexpected end of JSON input", Assert.Throws<ConfigException>(() => Configs.Find("n")).Message);
        Assert.Equal([false, true], Configs.Entries().Select(entry => entry.List is not null));
    }

    [Fact]
    public void Drop_ins_are_appended_by_name()
    {
        _host.WriteConfig("10.conflist", """{"name":"n","plugins":[{"type":"a"}]}""");
        _host.WriteConfig("n/20.conf", """{"type":"c"}""");
        _host.WriteConfig("n/10.conf", """{"type":"b"}""");
        _host.WriteConfig("n/ignored.json", """{"type":"x"}""");
        _host.WriteConfig("n/deeper/10.conf", """{"type":"x"}""");
        Assert.Equal(["a", "b", "c"], Configs.Find("n").Plugins.Select(plugin => plugin.Type));
    }

    [Fact]
    public void A_list_may_consist_of_drop_ins_only_but_not_of_nothing()
    {
        var file = _host.WriteConfig("10.conflist", """{"name":"n"}""");
        Assert.Equal("no plugin configs found", Assert.Throws<ConfigException>(() => NetworkList.Load(file)).Message);
        _host.WriteConfig("n/10.conf", """{"type":"b"}""");
        Assert.Equal("b", NetworkList.Load(file).Plugins.Single().Type);
    }

    [Fact]
    public void LoadOnlyInlinedPlugins_leaves_drop_ins_out()
    {
        _host.WriteConfig("10.conflist", """{"name":"n","loadOnlyInlinedPlugins":true,"plugins":[{"type":"a"}]}""");
        _host.WriteConfig("n/10.conf", """{"type":"b"}""");
        Assert.Equal("a", Configs.Find("n").Plugins.Single().Type);
    }

    [Fact]
    public void A_broken_drop_in_is_named()
    {
        _host.WriteConfig("10.conflist", """{"name":"n","plugins":[{"type":"a"}]}""");
        var broken = _host.WriteConfig("n/10.conf", "{}");
        Assert.Equal(
            $"failed to load plugin config file {broken}: error parsing configuration: missing 'type'",
            Assert.Throws<ConfigException>(() => Configs.Find("n")).Message);
    }

    [Fact]
    public void A_name_that_leads_out_of_the_directory_loads_nothing()
    {
        _host.WriteConfig("net/10.conflist", """{"name":"../out","plugins":[{"type":"a"}]}""");
        _host.WriteConfig("out/10.conf", """{"type":"evil"}""");
        Assert.Equal("a", NetworkList.Load(Path.Combine(_host.ConfigPath, "net/10.conflist")).Plugins.Single().Type);
    }

    public void Dispose() => _host.Dispose();
}
