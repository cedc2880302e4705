using CniPlugins.Netlink;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip link add NAME type dummy: a link that nobody is on, to hold addresses.</summary>
internal sealed record DummySpec(string Name) : LinkSpec(Name)
{
    public const string KindName = "dummy";

    public override string Kind => KindName;

    private protected override void WriteData(Attributes<IFLA_INFO> info)
    {
    }
}
