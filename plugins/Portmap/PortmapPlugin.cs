using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Iptables;
using CniPlugins.Nftables;

namespace CniPlugins.Portmap;

/// <summary>Leads ports of the host to ports of a pod that the plugins before it have connected.</summary>
internal sealed class PortmapPlugin : Plugin<PortmapConfig>
{
    private readonly NftPorts _nftables = new();
    private readonly IptablesPorts _iptables = new();

    public override PluginRole Role => PluginRole.Chained;

    public override void Declare(OptionReader options)
    {
        var config = PortmapConfig.Read(options);
        if (options.IsSurvey && !options.Offers("portMappings"))
            options.Advise("", "\"capabilities\": {\"portMappings\": true} is missing, so no runtime will give it port mappings");
        config.RequireUnderstood(options);
    }

    protected override PortmapConfig Read(Request request) => PortmapConfig.Read(request);

    protected override CniResult Add(AddRequest request, PortmapConfig config)
    {
        var result = config.Previous ?? throw new CniException("must be called as chained plugin", "put it behind the plugin that connects the pod");
        var pod = PodPorts.Of(request, config);
        if (config.PortMappings.Count == 0 || pod.Addresses.Count == 0)
            return result;

        using var undo = new Undo();
        undo.Guard(Install(pod), backend => backend.Remove(pod));
        Localhost.Open(pod);
        UdpFlows.Forget(pod);
        undo.Commit();
        return result;
    }

    protected override void Check(CheckRequest request, PortmapConfig config)
    {
        if (config.Previous is null)
            throw new CniException("Required prevResult missing");
        if (config.PortMappings.Count == 0)
            return;
        var pod = PodPorts.Of(request, config);
        // A pod of the time before: upstream's, or of a configuration with another backend.
        var backend = _iptables.Has(pod) ? _iptables : BackendOf(config);
        backend.Check(pod);
    }

    /// <summary>Whatever backend made it: configurations change while pods live.</summary>
    protected override void Del(DelRequest request, PortmapConfig config)
    {
        if (config.PortMappings.Count == 0 && config.KnowsAllMappings)
            return;
        var pod = PodPorts.Of(request, config);
        var teardown = new Teardown();
        teardown.Try(() => _nftables.Remove(pod));
        teardown.Try(() => _iptables.Remove(pod));
        UdpFlows.Forget(pod);
        teardown.ThrowIfFailed();
    }

    /// <summary>ADD replaces what the attachment has.</summary>
    protected override void Repair(CheckRequest request, PortmapConfig config) => Add(request.AsAdd(), config);

    protected override void Gc(GcRequest request, PortmapConfig config)
    {
        var teardown = new Teardown();
        teardown.Try(() => _nftables.Collect(request));
        teardown.Try(() => _iptables.Collect(request));
        teardown.ThrowIfFailed();
    }

    protected override void Status(StatusRequest request, PortmapConfig config) => BackendOf(config).RequireUsable();

    /// <summary>A kernel without nf_tables' nat gets iptables' form, where that is possible.</summary>
    private IPortBackend Install(PodPorts pod)
    {
        var backend = BackendOf(pod.Config);
        if (backend == _nftables && NftPorts.TryAdd(pod))
            return backend;
        if (backend == _nftables && IptablesProgram.IsInstalled(Family.Ip) && ConditionedPorts.Count(pod) == 0)
            backend = _iptables;
        backend.Add(pod);
        return backend;
    }

    private IPortBackend BackendOf(PortmapConfig config) => config.Backend == PortBackend.Iptables ? _iptables : _nftables;
}
