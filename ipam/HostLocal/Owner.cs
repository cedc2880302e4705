using System.Text;

namespace CniPlugins.Ipam.HostLocal;

/// <summary>Whom an address file names: a container's interface, or in very old files a container alone (no interface name).</summary>
internal readonly record struct Owner(string ContainerId, string IfName)
{
    private const string Separator = "\r\n";

    /// <summary>What a very old file of the same container says.</summary>
    public Owner WithoutInterface => new(ContainerId, "");

    /// <summary>The content of an address file, byte for byte upstream's.</summary>
    public byte[] ToFile() => Encoding.UTF8.GetBytes(ContainerId + Separator + IfName);

    /// <summary>The owner in an address file; null for one without content, which is what a crash or a full disk leaves behind.</summary>
    public static Owner? FromFile(ReadOnlySpan<byte> content)
    {
        var text = Encoding.UTF8.GetString(content).Trim().Trim('\0').Trim();
        if (text.Length == 0)
            return null;
        var end = text.IndexOf(Separator, StringComparison.Ordinal);
        return end < 0 ? new Owner(text, "") : new Owner(text[..end], text[(end + Separator.Length)..]);
    }

    public override string ToString() => IfName.Length == 0 ? ContainerId : $"{ContainerId}/{IfName}";
}
