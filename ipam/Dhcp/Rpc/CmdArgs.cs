using CniPlugins.Cni;

namespace CniPlugins.Ipam.Dhcp.Rpc;

/// <summary>What a plugin tells the daemon about its own call (libcni's <c>skel.CmdArgs</c>): the argument of every method.</summary>
internal sealed record CmdArgs(string ContainerId, string Netns, string IfName, string Args, string Path, byte[] Stdin)
{
    private static readonly GobType Type = GobType.Struct(
        65, "CmdArgs", ("ContainerID", GobType.String), ("Netns", GobType.String), ("IfName", GobType.String), ("Args", GobType.String),
        ("Path", GobType.String), ("NetnsOverride", GobType.String), ("StdinData", GobType.Bytes));

    public static CmdArgs Of(Request request, string netns = "") => new(
        request.Environment["CNI_CONTAINERID"], netns, request.Environment["CNI_IFNAME"], request.Environment.Args,
        request.Environment["CNI_PATH"], request.Conf.Bytes.ToArray());

    public static CmdArgs Read(GobStruct value) => new(
        value.Text("ContainerID"), value.Text("Netns"), value.Text("IfName"), value.Text("Args"), value.Text("Path"), value.Bytes("StdinData"));

    public void Write(GobWriter to) => to.Write(Type, body =>
    {
        body.Text(0, ContainerId);
        body.Text(1, Netns);
        body.Text(2, IfName);
        body.Text(3, Args);
        body.Text(4, Path);
        body.Bytes(6, Stdin);
    });
}
