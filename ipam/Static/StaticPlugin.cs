using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Ipam.Static;

/// <summary>Gives the addresses that are written down, and remembers nothing: who writes one twice has it twice.</summary>
internal sealed class StaticPlugin : Plugin
{
    public override PluginRole Role => PluginRole.Ipam;

    public override void Declare(OptionReader options)
    {
        if (StaticConfig.Read(options).Addresses.Count == 0 && !options.Section("ipam").Has("addresses") && !options.Offers("ips"))
            options.Section("ipam").Advise("", "no addresses, and no capability \"ips\" through which a runtime could give some");
    }

    public override CniResult Add(AddRequest request)
    {
        var config = StaticConfig.Read(OptionReader.Of(request));
        return new CniResult { Ips = config.Addresses, Routes = config.Routes, Dns = config.Dns };
    }

    /// <summary>An address of the configuration that the pod has must have its gateway; one that the pod does not have is not missed (plugins/ipam/static/main.go).</summary>
    public override void Check(CheckRequest request)
    {
        var config = StaticConfig.Read(OptionReader.Of(request));
        var promised = request.Conf.PreviousResult() ?? throw new CniException("Required prevResult missing");
        foreach (var ip in config.Addresses.Where(ip => ip.Gateway is not null))
        {
            var found = promised.Ips.Where(other => other.Address.Address == ip.Address.Address).ToList();
            if (found.Count > 0 && found.All(other => other.Gateway != ip.Gateway))
            {
                throw new CniException(
                    $"static: Failed to match addr {ip.Address.Address} on interface {request.IfName}",
                    $"its gateway is {ip.Gateway} in the configuration, {found[0].Gateway?.ToString() ?? "none"} in the result");
            }
        }
    }

    /// <summary>Nothing was reserved.</summary>
    public override void Del(DelRequest request)
    {
    }

    /// <summary>Nothing was reserved.</summary>
    public override void Gc(GcRequest request)
    {
    }

    /// <summary>A configuration that can be read can be served.</summary>
    public override void Status(StatusRequest request) => _ = StaticConfig.Read(OptionReader.Of(request));
}
