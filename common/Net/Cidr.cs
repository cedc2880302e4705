using System.Globalization;

namespace CniPlugins.Net;

/// <summary>An address with its prefix length; host bits are kept (<c>10.1.0.2/24</c>).</summary>
internal readonly record struct Cidr(IpAddress Address, int PrefixLength)
{
    /// <summary>The address alone: /32 or /128.</summary>
    public static Cidr Host(IpAddress address) => new(address, address.Bits);

    public static Cidr Parse(string text) =>
        TryParse(text, out var cidr) ? cidr : throw new FormatException($"invalid CIDR address: {text}");

    /// <summary>Address, slash, decimal prefix length; a prefix within ::ffff:0:0/96 becomes the IPv4 one.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Cidr cidr)
    {
        cidr = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || text.Length - slash - 1 is < 1 or > 3 || !IpAddress.TryParse(text[..slash], out var address)
            || text[(slash + 1)..].Contains('\0') || !byte.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var length))
            return false;
        var mapped = !address.IsV6 && text[..slash].Contains(':');
        var prefix = mapped ? length - 96 : length;
        if (prefix < 0 || prefix > address.Bits)
            return false;
        cidr = new Cidr(address, prefix);
        return true;
    }

    /// <summary>The network mask as a number.</summary>
    public UInt128 Mask => PrefixLength == 0 ? 0 : (UInt128.MaxValue << (Address.Bits - PrefixLength)) & Full;

    /// <summary>The network: this prefix with the host bits cleared.</summary>
    public Cidr Network => new(First, PrefixLength);

    /// <summary>The network's first address.</summary>
    public IpAddress First => Address.WithValue(Address.Value & Mask);

    /// <summary>The network's last address (IPv4: its broadcast address).</summary>
    public IpAddress Last => Address.WithValue(Address.Value | (~Mask & Full));

    public bool Contains(IpAddress other) => other.IsV6 == Address.IsV6 && (other.Value & Mask) == (Address.Value & Mask);

    public override string ToString() => $"{Address}/{PrefixLength}";

    private UInt128 Full => Address.IsV6 ? UInt128.MaxValue : uint.MaxValue;
}
