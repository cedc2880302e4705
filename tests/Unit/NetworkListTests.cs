using System.Text;
using CniPlugins.Cni;
using CniPlugins.Runtime;

namespace CniPlugins.Tests.Unit;

/// <summary>Decoding of conflists in libcni's words (libcni/conf.go, NetworkConfFromBytes).</summary>
public sealed class NetworkListTests
{
    private const string Prefix = "error parsing configuration list: ";

    [Theory]
    [InlineData("[]", Prefix + "json: cannot unmarshal array into Go value of type map[string]interface {}")]
    [InlineData("", Prefix + "unexpected end of JSON input")]
    [InlineData("null", Prefix + "no name")]
    [InlineData("{}", Prefix + "no name")]
    [InlineData("""{"Name":"n"}""", Prefix + "no name")]
    [InlineData("""{"name":7}""", Prefix + "invalid name type float64")]
    [InlineData("""{"name":null}""", Prefix + "invalid name type <nil>")]
    [InlineData("""{"name":"n","cniVersion":true}""", Prefix + "invalid cniVersion type bool")]
    [InlineData("""{"name":"n","cniVersions":"1.0.0"}""", Prefix + "invalid type for cniVersions: string")]
    [InlineData("""{"name":"n","cniVersions":["1.0.0",[]]}""", Prefix + "invalid type for cniVersions index 1: []interface {}")]
    [InlineData("""{"name":"n","cniVersions":["1.0.0","x"]}""",
        Prefix + "invalid cniVersions entry x at index 1: failed to convert major version part \"x\": strconv.Atoi: parsing \"x\": invalid syntax")]
    [InlineData("""{"name":"n","cniVersion":"1.2.3.4","cniVersions":[]}""", Prefix + "invalid cniVersion 1.2.3.4: invalid version \"1.2.3.4\": too many parts")]
    [InlineData("""{"name":"n","disableCheck":1}""", Prefix + "invalid type float64 for disableCheck")]
    [InlineData("""{"name":"n","disableGC":"Maybe"}""", Prefix + "invalid value \"maybe\" for disableGC")]
    [InlineData("""{"name":"n","loadOnlyInlinedPlugins":"True"}""", Prefix + "`loadOnlyInlinedPlugins` is true, and no 'plugins' key")]
    [InlineData("""{"name":"n","plugins":{}}""", Prefix + "invalid 'plugins' type map[string]interface {}")]
    [InlineData("""{"name":"n","plugins":[]}""", Prefix + "no plugins in list")]
    [InlineData("""{"name":"n","plugins":[{"type":"a"},{}]}""", "failed to parse plugin config 1: error parsing configuration: missing 'type'")]
    [InlineData("""{"name":"n","plugins":["a"]}""",
        "failed to parse plugin config 0: error parsing configuration: json: cannot unmarshal string into Go value of type types.PluginConf")]
    [InlineData("""{"name":"n","plugins":[true]}""",
        "failed to parse plugin config 0: error parsing configuration: json: cannot unmarshal bool into Go value of type types.PluginConf")]
    [InlineData("""{"name":"n","plugins":[{"type":1}]}""",
        "failed to parse plugin config 0: error parsing configuration: json: cannot unmarshal number into Go struct field PluginConf.type of type string")]
    public void A_bad_list_is_refused_in_libcnis_words(string json, string message) =>
        Assert.Equal(message, Assert.Throws<ConfigException>(() => Parse(json)).Message);

    [Theory]
    [InlineData("""{"name":"n"}""", "")]
    [InlineData("""{"name":"n","cniVersion":"0.3.1"}""", "0.3.1")]
    [InlineData("""{"name":"n","cniVersion":"0.3.1","cniVersions":["0.4.0","1.0.0","0.2.0"]}""", "1.0.0")]
    [InlineData("""{"name":"n","cniVersion":"1.0.0","cniVersions":["1.1.0","1.2.0","9.0.0"]}""", "1.1.0")]
    [InlineData("""{"name":"n","cniVersion":"1.1.0","cniVersions":["0.4.0"]}""", "1.1.0")]
    [InlineData("""{"name":"n","cniVersion":"7.0.0","cniVersions":["8.0.0"]}""", "7.0.0")]
    public void The_highest_version_that_is_known_wins(string json, string version) => Assert.Equal(version, Parse(json).VersionText);

    [Theory]
    [InlineData("true", true)]
    [InlineData("\"TRUE\"", true)]
    [InlineData("false", false)]
    [InlineData("\"False\"", false)]
    public void Flags_are_booleans_or_their_words(string value, bool expected)
    {
        var list = Parse($$"""{"name":"n","plugins":[{"type":"a"}],"disableCheck":{{value}},"disableGC":{{value}},"loadOnlyInlinedPlugins":{{value}}}""");
        Assert.Equal((expected, expected, expected), (list.DisableCheck, list.DisableGc, list.LoadOnlyInlinedPlugins));
    }

    [Fact]
    public void Only_capabilities_that_are_true_count() =>
        Assert.Equal(["b"], Parse("""{"name":"n","plugins":[{"Type":"x","capabilities":{"a":false,"b":true,"c":null}}]}""").Plugins[0].Capabilities);

    [Fact]
    public void A_single_plugin_becomes_a_list_of_its_own()
    {
        var list = NetworkList.FromPlugin(PluginConfig.Parse("""{"type":"ptp","z":1e2,"name":"solo","cniVersion":"0.4.0"}"""u8.ToArray()));
        Assert.Equal(("solo", "0.4.0", "ptp"), (list.Name, list.VersionText, list.Plugins.Single().Type));
        Assert.Equal(
            """{"cniVersion":"0.4.0","name":"solo","plugins":[{"cniVersion":"0.4.0","name":"solo","type":"ptp","z":1e2}]}""",
            Encoding.UTF8.GetString(list.Bytes.Span));
    }

    private static NetworkList Parse(string json) => NetworkList.Parse(Encoding.UTF8.GetBytes(json));
}
