using CniPlugins.Net;
using CniPlugins.Route.Uapi;

namespace CniPlugins.Route;

/// <summary>ip -4 / ip -6.</summary>
internal enum IpFamily : byte
{
    V4 = (byte)AF.INET,
    V6 = (byte)AF.INET6,
}

/// <summary>The family an address belongs to.</summary>
internal static class IpFamilies
{
    public static IpFamily Family(this IpAddress address) => address.IsV6 ? IpFamily.V6 : IpFamily.V4;

    /// <summary>What people call it.</summary>
    public static string Word(this IpFamily family) => family == IpFamily.V6 ? "IPv6" : "IPv4";
}
