using System.Text.Json;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Flannel;

/// <summary>What a network's configuration says to the flannel plugin.</summary>
internal sealed class FlannelConfig(OptionReader options)
{
    private readonly OptionReader _delegate = options.Section(
        "delegate", "What the plugin that makes the interface is told besides; its `type` is bridge unless it says another.");

    public string SubnetFile { get; } = options.Text("subnetFile", "The file that flanneld writes.", "/run/flannel/subnet.env");

    public string DataDir { get; } = options.Text("dataDir", "Where the delegates' configurations are kept until DEL.", "/var/lib/cni/flannel");

    /// <summary>Null for nothing.</summary>
    public JsonElement? Delegate => _delegate.Json?.Element;

    /// <summary>What its address plugin is told besides; null for nothing.</summary>
    public JsonElement? Ipam { get; } =
        options.Section("ipam", "What the delegate's address plugin is told besides; its `type` is host-local unless it says another.").Json?.Element;

    /// <summary>Reads what the verb needs: DEL, where the files are.</summary>
    public static FlannelConfig Read(Request request)
    {
        try
        {
            return Read(OptionReader.Of(request));
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to load flannel netconf file: failed to load netconf", e);
        }
    }

    public static FlannelConfig Read(OptionReader options)
    {
        var config = new FlannelConfig(options);
        config.RequireNothingOfOurs();
        return config;
    }

    private void RequireNothingOfOurs()
    {
        if (Delegate is not { } wishes)
            return;
        if (wishes.TryGetProperty("type", out var type))
        {
            if (type.ValueKind != JsonValueKind.String)
                Refuse("type", "'delegate' dictionary, if present, must have (string) 'type' field");
            else if (type.GetString() == "flannel")
                Refuse("type", "'delegate' must be another plugin than flannel");
        }

        foreach (var key in new[] { "name", "ipam" })
        {
            if (wishes.TryGetProperty(key, out _))
                Refuse(key, $"'delegate' dictionary must not have '{key}' field, it'll be set by flannel");
        }
    }

    private void Refuse(string key, string problem) => _delegate.Refuse(key, problem, code: CniErrorCode.InvalidNetworkConfig);
}
