using System.Text;
using System.Text.Json;
using CniPlugins.Http;
using CniPlugins.Ipam.Blocks.Datastores.Etcd;
using CniPlugins.Ipam.Blocks.Datastores.Local;
using CniPlugins.Ipam.Blocks.EtcdForm;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Net;

namespace CniPlugins.Fuzz.Targets;

/// <summary>Block IPAM's objects, and what etcd's gateway answers.</summary>
internal static class BlockTargets
{
    private static readonly Cidr Block = Cidr.Parse("10.0.0.0/30");

    private static readonly Key[] Keys =
        [new BlockKey(Block), new AffinityKey(BlockOwner.Host("node-a"), Block), new HandleKey("h"), new SettingsKey(), new PoolKey("p"), new ReservationKey("r"), new NodeKey("n")];

    public static IReadOnlyList<Target> List { get; } =
    [
        new("blocks", Grammar.Json, "blocks", ReadObjects) { Share = 20 },
        new("etcd", Grammar.Json, "etcd", ReadAnswer, typeof(JsonException), typeof(FormatException), typeof(InvalidOperationException)) { Share = 15 },
        new("paths", Grammar.Text, "paths", ReadPath),
    ];

    /// <summary>What makes no sense is an object that says so; what does is written so that it reads the same.</summary>
    private static void ReadObjects(byte[] input)
    {
        foreach (var key in Keys)
        {
            var value = EtcdJson.Read(key, input);
            if (value is Unreadable unreadable)
            {
                ViolationException.Unless(unreadable.Why.Length > 0, $"{key} is refused without a reason");
                continue;
            }

            var written = EtcdJson.Write(value);
            var again = EtcdJson.Read(key, written);
            ViolationException.Unless(again is not Unreadable, $"{key} is not readable as it was written");
            ViolationException.Unless(EtcdJson.Write(again).AsSpan().SequenceEqual(written), $"{key} is not read as it was written");
        }
    }

    private static void ReadAnswer(byte[] input)
    {
        _ = EtcdFault.Of(new HttpAnswer(503, input));
        foreach (var pair in EtcdAnswer.Read(input).Pages.SelectMany(page => page.Pairs))
        {
            if (EtcdPath.Parse(pair.Path) is { } key)
                _ = EtcdJson.Read(key, pair.Value);
        }
    }

    private static void ReadPath(byte[] input)
    {
        var path = Encoding.UTF8.GetString(input);
        if (EtcdPath.Parse(path) is not { } key)
            return;
        ViolationException.Unless(EtcdPath.Parse(EtcdPath.Of(key)) == key, "a key is not read as it was written");
        var local = new LocalPath("/r");
        var file = local.Of(key);
        ViolationException.Unless(Path.GetFullPath(file) == file && file.StartsWith("/r/", StringComparison.Ordinal), "a key's file is somewhere else");
        ViolationException.Unless(local.Parse(file) == key, "a key's file is not the key's");
    }
}
