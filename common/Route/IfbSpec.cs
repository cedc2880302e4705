using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip link add NAME type ifb: a link that what comes in by another is led through, so that it can wait there.</summary>
internal sealed record IfbSpec(string Name) : LinkSpec(Name)
{
    public const string KindName = "ifb";

    public override string Kind => KindName;

    private protected override void WriteData(Attributes<IFLA_INFO> info)
    {
    }
}
