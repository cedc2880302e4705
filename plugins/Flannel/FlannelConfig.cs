using System.Text.Json;
using CniPlugins.Cni;

namespace CniPlugins.Flannel;

/// <summary>What a network's configuration says to the flannel plugin; names and defaults are the documentation's.</summary>
internal sealed record FlannelConfig
{
    /// <summary>subnetFile: what flanneld writes.</summary>
    public string SubnetFile { get; init; } = "/run/flannel/subnet.env";

    /// <summary>dataDir: where the delegates' configurations are kept.</summary>
    public string DataDir { get; init; } = "/var/lib/cni/flannel";

    /// <summary>delegate: what the plugin that makes the interface is told besides; null for nothing.</summary>
    public JsonElement? Delegate { get; init; }

    /// <summary>ipam: what its address plugin is told besides; null for nothing.</summary>
    public JsonElement? Ipam { get; init; }

    public static FlannelConfig Read(Request request)
    {
        try
        {
            var root = request.Conf.Root;
            if (request is DelRequest)
                return new FlannelConfig().In(Lenient(() => root.String("dataDir")));

            var config = new FlannelConfig
            {
                Delegate = root.Object("delegate")?.Element,
                Ipam = root.Object("ipam")?.Element,
            }.In(root.String("dataDir"));
            config.RequireNothingOfOurs();
            return root.String("subnetFile") is { Length: > 0 } file ? config with { SubnetFile = file } : config;
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to load flannel netconf file: failed to load netconf", e);
        }
    }

    /// <summary>DEL needs to know where the files are and nothing else: what is wrong with the rest must not keep it.</summary>
    private static string? Lenient(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (ConfigException)
        {
            return null;
        }
    }

    private FlannelConfig In(string? dataDir) => dataDir is { Length: > 0 } ? this with { DataDir = dataDir } : this;

    private void RequireNothingOfOurs()
    {
        if (Delegate is not { } wishes)
            return;
        if (wishes.TryGetProperty("type", out var type))
        {
            if (type.ValueKind != JsonValueKind.String)
                throw Invalid("'delegate' dictionary, if present, must have (string) 'type' field");
            if (type.GetString() == "flannel")
                throw Invalid("'delegate' must be another plugin than flannel");
        }

        foreach (var key in new[] { "name", "ipam" })
        {
            if (wishes.TryGetProperty(key, out _))
                throw Invalid($"'delegate' dictionary must not have '{key}' field, it'll be set by flannel");
        }
    }

    private static CniException Invalid(string message) => new(CniErrorCode.InvalidNetworkConfig, message);
}
