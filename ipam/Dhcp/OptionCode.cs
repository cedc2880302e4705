using System.Globalization;
using CniPlugins.Cni;

namespace CniPlugins.Ipam.Dhcp;

/// <summary>DHCP's options by number (RFC 2132 and others), and by the names that a configuration may use.</summary>
internal static class OptionCode
{
    public const byte SubnetMask = 1;
    public const byte Routers = 3;
    public const byte DomainNameServers = 6;
    public const byte HostName = 12;
    public const byte DomainName = 15;
    public const byte StaticRoutes = 33;
    public const byte RequestedAddress = 50;
    public const byte LeaseTime = 51;
    public const byte Overload = 52;
    public const byte MessageType = 53;
    public const byte ServerIdentifier = 54;
    public const byte ParameterRequestList = 55;
    public const byte MaximumMessageSize = 57;
    public const byte RenewalTime = 58;
    public const byte RebindingTime = 59;
    public const byte VendorClassIdentifier = 60;
    public const byte ClientIdentifier = 61;
    public const byte UserClass = 77;
    public const byte ClasslessRoutes = 121;

    /// <summary>An option's number or name; throws in upstream's words.</summary>
    public static byte Parse(string text) => text switch
    {
        "dhcp-client-identifier" => ClientIdentifier,
        "subnet-mask" => SubnetMask,
        "routers" => Routers,
        "host-name" => HostName,
        "user-class" => UserClass,
        "vendor-class-identifier" => VendorClassIdentifier,
        _ => byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : throw Unreadable(text),
    };

    private static CniException Unreadable(string text)
    {
        var isNumber = text.Length > 0 && text.All(char.IsAsciiDigit);
        return new CniException(
            $"Can not parse option \"{text}\": Can not parse option: strconv.ParseUint: parsing \"{text}\": {(isNumber ? "value out of range" : "invalid syntax")}",
            "a number up to 255, or dhcp-client-identifier, subnet-mask, routers, host-name, user-class, vendor-class-identifier");
    }
}
