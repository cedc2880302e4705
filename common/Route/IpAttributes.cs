using CniPlugins.Net;
using CniPlugins.Netlink;

namespace CniPlugins.Route;

/// <summary>Addresses as attributes: the one value of rtnetlink that the floor below does not know.</summary>
internal static class IpAttributes
{
    public static void Put<TAttr>(this Attributes<TAttr> attributes, TAttr attr, IpAddress address)
        where TAttr : unmanaged, Enum =>
        address.CopyTo(attributes.Reserve(attr, address.Size));

    public static void Put<TAttr>(this Attributes<TAttr> attributes, TAttr attr, MacAddress mac)
        where TAttr : unmanaged, Enum =>
        attributes.Put(attr, mac.ToBytes());

    /// <summary>An address of either family.</summary>
    public static IpAddress ReadAddress<TAttr>(this NetlinkAttribute<TAttr> attribute)
        where TAttr : unmanaged, Enum =>
        IpAddress.FromBytes(attribute.Exactly(attribute.Bytes.Length == 16 ? 16 : 4));
}
