using System.Globalization;
using System.Text;
using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.CalicoIpam;
using CniPlugins.Linux;

namespace CniPlugins.Calico;

/// <summary>What a network's configuration says to the calico plugin; names and defaults are Calico's.</summary>
internal sealed class CalicoConfig(OptionReader options)
{
    private const string MtuFile = "/var/lib/calico/mtu";

    private readonly int? _mtu = LinkOptions.Mtu(options, "The MTU of both ends of the pod's link; 0 is what calico/node has found out, or the kernel's choice.");
    private readonly bool _needsMtuFile = options.Flag("require_mtu_file", "What calico/node has found out about the MTU must be there.");
    private readonly bool _nodeFileIsOptional = options.Flag("nodename_file_optional", "The file with the node's name may be missing.");

    /// <summary>This node's name.</summary>
    public string Node { get; private set; } = "";

    /// <summary>What is written, or what Felix has found out; null lets the kernel choose.</summary>
    public int? Mtu { get; private set; }

    /// <summary>In either direction.</summary>
    public int Queues { get; } = Math.Max(options.Int("num_queues", "How many queues each end of the pod's link has, in either direction.", 1), 1);

    /// <summary>Whether pods and namespaces have something to say.</summary>
    public bool AsksKubernetes { get; } = options.Section("policy").Text("type", "`k8s`: pods and namespaces of Kubernetes are looked at; when absent, the network has a profile of its own.") == "k8s";

    public bool AllowsForwarding { get; } = options.Section("container_settings", "What containers may do.").Flag("allow_ip_forwarding", "The pod may forward packets.");

    public bool IncludesDefaultRoutes { get; } = options.Flag("include_default_routes", "Pods have default routes beside those of ipam.routes.");

    public bool AllowsAddressesWithoutIpam { get; } =
        options.Section("feature_control", "What pods may ask for by annotations.").Flag("ip_addrs_no_ipam", "Pods may have addresses that no pool gives (ipAddrsNoIpam).");

    public bool AllowsFloatingIps { get; } = options.Section("feature_control").Flag("floating_ips", "Pods may have floating addresses (floatingIPs).");

    /// <summary>What must answer before a pod is attached.</summary>
    public IReadOnlyList<Uri> ReadinessGates { get; } = ReadGates(options);

    /// <summary>How long to wait for Felix.</summary>
    public TimeSpan PolicyLimit { get; } = ReadPolicyLimit(options);

    public string EndpointStatusDirectory { get; } =
        options.Text("endpoint_status_dir", "Where calico/node says that a pod's policies are set up.", "/var/run/calico/endpoint-status");

    /// <summary>Reads it for a call; what is wrong with it, or with the node, must not keep DEL and GC from taking away what there is.</summary>
    public static CalicoConfig Read(Request request) => OptionReader.Load(request, options =>
    {
        var config = new CalicoConfig(options);
        RequireSupport(options);
        if (request is not (DelRequest or GcRequest))
        {
            config.RequireNodeFile(options);
            config.Mtu = config.FindMtu();
        }

        config.Node = NodeName.Of(options);
        return config;
    });

    /// <summary>What the object may have, and what is wrong with it without looking at the host.</summary>
    public static void Declare(OptionReader options)
    {
        _ = new CalicoConfig(options);
        RequireSupport(options);
        NodeName.Declare(options);
        _ = options.Section("kubernetes").Text("node_name", "This node's name in Kubernetes, for host-local's usePodCidr.");
        _ = options.Int("qps", "Calico's limit of requests a second; not needed here.");
        _ = options.Int("burst", "As qps.");
        _ = LogSettings.Read(options);
        if (options.IsForAdd) // DEL tells of a datastore that is wrong when it gets there
            _ = DatastoreChoice.Of(options, new Dictionary<string, string>());
        if (CommonOptions.IpamType(options).Length == 0)
            options.Refuse("", "calico needs addresses: there is no \"ipam\" with a \"type\"");
    }

    /// <summary>Another dataplane than Linux' own would be another plugin; netkit is veth where the kernel does not have it, and here always.</summary>
    private static void RequireSupport(OptionReader options)
    {
        var device = options.Text("device_type", "`veth`; `netkit` is accepted and is a veth too.", "veth");
        if (device is not ("veth" or "netkit"))
            options.Refuse("device_type", $"device_type \"{device}\" is not supported", "known are veth and netkit", CniErrorCode.InvalidNetworkConfig);
        var dataplane = options.Section("dataplane_options", "Another dataplane; not supported.");
        var type = dataplane.Text("type", "Not supported: Linux is the only dataplane.");
        if (type.Length > 0)
            dataplane.Refuse("type", $"dataplane_options: type \"{type}\" is not supported", "leave dataplane_options out", CniErrorCode.InvalidNetworkConfig);
    }

    /// <summary>Unless it is said to be optional: a node whose name is guessed would take its blocks under another one.</summary>
    private void RequireNodeFile(OptionReader options)
    {
        var (_, file, _) = NodeName.Read(options);
        if (!_nodeFileIsOptional && FileStatus.Of(file) is null)
        {
            throw new CniException(
                $"stat {file}: no such file or directory: check that the calico/node container is running and has mounted /var/lib/calico/",
                "without calico/node, install writes it; or set nodename and nodename_file_optional");
        }
    }

    private int? FindMtu()
    {
        if (_mtu is not null && !_needsMtuFile)
            return _mtu;
        var content = DiskFile.Read(MtuFile);
        if (content is null && _needsMtuFile)
            throw new CniException($"failed to read MTU file: open {MtuFile}: no such file or directory", "calico/node writes it; or set mtu and leave require_mtu_file out");
        if (_mtu is not null || content is null)
            return _mtu;
        var text = Encoding.UTF8.GetString(content).Trim();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var found) && found > 0 ? found
            : throw new CniException($"failed to read MTU file: {MtuFile} holds \"{text}\", not a number");
    }

    private static IReadOnlyList<Uri> ReadGates(OptionReader options)
    {
        var gates = new List<Uri>();
        foreach (var text in options.Texts("readiness_gates", "URLs that must answer before pods are attached."))
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out var gate) && (gate.Scheme == Uri.UriSchemeHttp || gate.Scheme == Uri.UriSchemeHttps))
                gates.Add(gate);
            else
                options.Refuse("readiness_gates", $"readiness_gates: \"{text}\" is no URL", "http://127.0.0.1:9099/readiness", CniErrorCode.InvalidNetworkConfig);
        }

        return gates;
    }

    private static TimeSpan ReadPolicyLimit(OptionReader options)
    {
        var seconds = options.Int("policy_setup_timeout_seconds", "So long an ADD waits for calico/node to set up the pod's policies; 0 does not wait.");
        if (seconds < 0)
            options.Refuse("policy_setup_timeout_seconds", $"policy_setup_timeout_seconds is {seconds}", "0 does not wait at all", CniErrorCode.InvalidNetworkConfig);
        return TimeSpan.FromSeconds(Math.Max(seconds, 0));
    }
}
