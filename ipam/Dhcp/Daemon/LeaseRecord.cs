using System.Globalization;
using CniPlugins.Cni;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>A lease as it is kept on disk: all that a daemon needs to go on with it, in the boot in which it was made.</summary>
internal sealed record LeaseRecord(LeaseKey Key, PodLink Pod, Client Client, LeaseTerms Terms, PodAddress? Withdrawn, long Created)
{
    public byte[] ToFile() => JsonText.Write(
        json =>
        {
            json.WriteStartObject();
            json.WriteString("bootID", BootClock.BootId);
            json.WriteString("containerID", Key.ContainerId.Value);
            json.WriteString("network", Key.Network);
            json.WriteString("ifname", Key.IfName.Value);
            json.WriteString("netns", Pod.Netns);
            json.WriteString("netnsID", NameOf(Pod.Namespace));
            json.WriteNumber("ifindex", Pod.Index);
            json.WriteNumber("created", Created);
            json.WriteString("address", Terms.Address.ToString());
            json.WriteNumber("granted", Terms.Granted);
            json.WriteString("nextHop", Convert.ToBase64String(Terms.NextHop));
            json.WriteString("ack", Convert.ToBase64String(Terms.Ack));
            json.WriteString("request", Convert.ToBase64String([.. Client.Request]));
            json.WriteStartObject("provide");
            foreach (var (code, value) in Client.Provide)
                json.WriteString(code.ToString(CultureInfo.InvariantCulture), Convert.ToBase64String(value));
            json.WriteEndObject();
            if (Withdrawn is not null)
                WriteWithdrawn(json, Withdrawn);
            json.WriteEndObject();
        },
        indented: false);

    /// <summary>Reads a record; null when it is another boot's, or none.</summary>
    public static LeaseRecord? FromFile(byte[] content)
    {
        try
        {
            var json = ConfigObject.Parse(content);
            if (json.String("bootID") != BootClock.BootId)
                return null;
            var ifName = IfName.TryParse(json.String("ifname") ?? "", out _, out _) ?? throw new FormatException();
            var key = new LeaseKey(ContainerId.Parse(json.String("containerID") ?? ""), json.String("network") ?? "", ifName);
            var address = Cidr.Parse(json.String("address") ?? "");
            return new LeaseRecord(
                key,
                new PodLink(json.String("netns") ?? "", IdentityOf(json.String("netnsID") ?? ""), json.Int("ifindex") ?? 0),
                new Client(key.ClientId, ReadProvided(json), Bytes(json, "request")),
                LeaseTerms.Read(Bytes(json, "ack"), json.Long("granted") ?? 0, Bytes(json, "nextHop"), address),
                ReadWithdrawn(json),
                json.Long("created") ?? 0);
        }
        catch (Exception e) when (e is ConfigException or CniException or FormatException)
        {
            return null;
        }
    }

    private static Dictionary<byte, byte[]> ReadProvided(ConfigObject json) => (json.TextsByKey("provide") ?? [])
        .ToDictionary(pair => byte.Parse(pair.Key, CultureInfo.InvariantCulture), pair => Convert.FromBase64String(pair.Value));

    private static byte[] Bytes(ConfigObject json, string key) => Convert.FromBase64String(json.String(key) ?? "");

    private static string NameOf(FileIdentity identity) =>
        string.Create(CultureInfo.InvariantCulture, $"{identity.DeviceMajor}:{identity.DeviceMinor}:{identity.Inode}");

    private static FileIdentity IdentityOf(string text) =>
        text.Split(':') is [var major, var minor, var inode]
            ? new FileIdentity(
                uint.Parse(major, CultureInfo.InvariantCulture), uint.Parse(minor, CultureInfo.InvariantCulture),
                ulong.Parse(inode, CultureInfo.InvariantCulture))
            : throw new FormatException();

    private static void WriteWithdrawn(JsonWriter json, PodAddress withdrawn)
    {
        json.WriteStartObject("withdrawn");
        json.WriteNumber("prefix", withdrawn.PrefixLength);
        json.WriteBoolean("prefixRoute", withdrawn.HasPrefixRoute);
        json.WriteStartArray("routes");
        foreach (var route in withdrawn.Routes)
        {
            json.WriteStartObject();
            json.WriteString("dst", route.Destination.ToString());
            json.WriteUnlessEmpty("gw", route.Gateway?.ToString() ?? "");
            json.WriteUnlessEmpty("src", route.PreferredSource?.ToString() ?? "");
            json.WriteNumber("scope", route.Scope ?? 0);
            json.WriteNumber("priority", route.Priority ?? 0);
            json.WriteNumber("table", route.Table ?? RouteSpec.MainTable);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static PodAddress? ReadWithdrawn(ConfigObject json) => json.Object("withdrawn") is not { } withdrawn ? null : new PodAddress(
        withdrawn.Int("prefix") ?? 32,
        withdrawn.Bool("prefixRoute") ?? true,
        [
            .. (withdrawn.Objects("routes") ?? []).Select(route => new RouteSpec(route.Cidr("dst") ?? throw new FormatException())
            {
                Gateway = route.Address("gw"),
                PreferredSource = route.Address("src"),
                Scope = (byte)(route.Int("scope") ?? 0),
                Priority = (uint)(route.Long("priority") ?? 0),
                Table = (uint)(route.Long("table") ?? RouteSpec.MainTable),
            }),
        ]);
}
