namespace CniPlugins.Tests.Support;

/// <summary>A node of a flannel network: what flanneld would write down, and where the plugin keeps its files.</summary>
internal sealed class FlannelNode
{
    private readonly Sandbox _host;

    public FlannelNode(Sandbox host)
    {
        _host = host;
        WriteSubnet();
    }

    /// <summary>Where the delegates' configurations are kept.</summary>
    public string DataDir => Path.Combine(_host.Directory, "flannel");

    public string SubnetFile => Path.Combine(_host.Directory, "subnet.env");

    /// <summary>The files in there, sorted.</summary>
    public string[] Files => Directory.Exists(DataDir) ? [.. Directory.GetFiles(DataDir).Select(Path.GetFileName).OfType<string>().Order()] : [];

    /// <summary>A network; <paramref name="more"/> is the rest of the object's members.</summary>
    public string Conf(string more = "", string version = "1.0.0", string name = "cbr0") =>
        $$"""
        {"cniVersion":"{{version}}","name":"{{name}}","type":"flannel","subnetFile":"{{SubnetFile}}","dataDir":"{{DataDir}}",
         "ipam":{"dataDir":"{{Support.Conf.LeaseDirectory(_host)}}"}{{(more.Length == 0 ? "" : ",")}}{{more}}}
        """;

    public void WriteSubnet(string text = """
        FLANNEL_NETWORK=10.244.0.0/16
        FLANNEL_SUBNET=10.244.1.1/24
        FLANNEL_IPV6_NETWORK=fd00:244::/48
        FLANNEL_IPV6_SUBNET=fd00:244:0:1::1/64
        FLANNEL_MTU=1450
        FLANNEL_IPMASQ=true

        """) => File.WriteAllText(SubnetFile, text);
}
