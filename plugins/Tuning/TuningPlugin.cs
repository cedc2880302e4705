using CniPlugins.Attachment;
using CniPlugins.Attachment.Tables;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;
using CniPlugins.Net;
using CniPlugins.Route;

namespace CniPlugins.Tuning;

/// <summary>Changes settings of the pod's namespace and of its interface, which the plugins before it have made; DEL gives the interface its own back.</summary>
internal sealed class TuningPlugin : Plugin<TuningConfig>
{
    public override PluginRole Role => PluginRole.Chained;

    public override void Declare(OptionReader options) => TuningConfig.Read(options).RequireSettable(options);

    protected override TuningConfig Read(Request request) => OptionReader.Load(request, TuningConfig.Read);

    protected override CniResult Add(AddRequest request, TuningConfig config)
    {
        Allowlist.Require(config.Sysctls.Select(sysctl => sysctl.Key));
        var result = RequirePrevious(request.Conf);
        using var netns = Netns.Open(request.Netns);
        using var pod = RouteSocket.OpenIn(netns);
        var sysctls = SysctlsOf(request, config);
        netns.Run(() => RequireWritable(sysctls));
        var link = config.Wishes.IsEmpty ? null : RequireLink(pod, request);

        using var undo = new Undo();
        netns.Run(() => Write(sysctls, netns, undo));
        if (link is not null)
        {
            Remember(request, config, netns, link, undo);
            foreach (var wish in config.Wishes.Each)
                undo.Guard(wish.Exchange(link), before => before.Apply(link));
            if (config.Wishes.Mac is { } mac)
                Announce(request, link, mac, undo);
        }

        undo.Commit();
        return config.MacText.Length == 0 ? result : result with
        {
            Interfaces = [.. result.Interfaces.Select(each => each.Name == request.IfName.Value ? each with { Mac = config.MacText } : each)],
        };
    }

    protected override void Check(CheckRequest request, TuningConfig config)
    {
        _ = RequirePrevious(request.Conf);
        using var netns = Netns.Open(request.Netns);
        TuningCheck.Sysctls(netns, SysctlsOf(request, config));
        using var pod = RouteSocket.OpenIn(netns);
        var link = pod.FindLink(request.IfName.Value) ?? throw new CniException($"Cannot find container link {request.IfName}");
        TuningCheck.Settings(link, config.Wishes, config.MacText);
    }

    /// <summary>Kernel settings stay, as upstream leaves them: they go with the namespace.</summary>
    protected override void Del(DelRequest request, TuningConfig config)
    {
        var file = BackupFile.Of(request, config);
        if (file.Read() is not null && new Restoration(request, file).IsDone())
            file.Delete();
    }

    protected override void Gc(GcRequest request, TuningConfig config)
    {
        var garbage = new Garbage(request);
        var teardown = new Teardown();
        foreach (var file in BackupFile.All(config.DataDir, except: request.Valid))
        {
            teardown.Try(() =>
            {
                if (file.Note?.IsStale(garbage) is true || file.IsAbandoned(request.Started))
                    file.Delete();
            });
        }

        teardown.ThrowIfFailed();
    }

    protected override void Status(StatusRequest request, TuningConfig config)
    {
        Allowlist.Require(config.Sysctls.Select(sysctl => sysctl.Key));
        foreach (var sysctl in config.Sysctls)
            _ = PodSysctl.Parse(sysctl, "IFNAME");
        if (DirectoryAccess.FindProblem(config.DataDir) is { } problem)
            throw new CniException(CniErrorCode.PluginNotAvailable, $"tuning cannot keep backups: {problem}", "dataDir says where they are kept");
    }

    /// <summary>macspoofchk drops what comes with another address than the pod's: it has to know the new one.</summary>
    private static void Announce(AddRequest request, Link link, MacAddress mac, Undo undo)
    {
        using var host = RouteSocket.OpenHere();
        if (link.PeerIndex is not { } index || host.FindLink(index) is not { } outer)
            return;
        var owner = Owner.Of(request);
        MacSpoofTable.Follow(owner, outer.Name, mac);
        undo.Guard(link.Mac, before => MacSpoofTable.Follow(owner, outer.Name, before ?? mac));
    }

    /// <summary>The link's own values into the backup, before any is changed.</summary>
    private static void Remember(AddRequest request, TuningConfig config, Netns netns, Link link, Undo undo)
    {
        var file = BackupFile.Of(request, config);
        var earlier = file.Read();
        var own = config.Wishes.Of(link);
        var note = BackupNote.Now(request, netns);
        file.Save(earlier is null ? own : own.Before(link, config.Wishes, Parse(earlier)), note, earlier);
        undo.Guard(earlier, file.PutBack);
    }

    /// <summary>A backup that cannot be read is none.</summary>
    private static LinkSettings Parse(byte[] earlier)
    {
        try
        {
            return LinkSettings.Parse(earlier);
        }
        catch (ConfigException e)
        {
            StandardError.WriteLine($"tuning: an earlier backup cannot be read ({e.Message}) and is replaced");
            return new LinkSettings();
        }
    }

    private static void RequireWritable(IReadOnlyList<PodSysctl> sysctls)
    {
        foreach (var sysctl in sysctls)
            Sysctl.RequireWritable(sysctl.Name);
    }

    private static void Write(IReadOnlyList<PodSysctl> sysctls, Netns netns, Undo undo)
    {
        foreach (var sysctl in sysctls)
        {
            undo.Guard(sysctl.Exchange(), before =>
            {
                if (before is not null)
                    netns.Run(() => Sysctl.Write(sysctl.Name, before));
            });
        }
    }

    private static Link RequireLink(RouteSocket pod, AddRequest request) =>
        pod.FindLink(request.IfName.Value) ?? throw new CniException($"failed to get \"{request.IfName}\": Link not found");

    private static IReadOnlyList<PodSysctl> SysctlsOf(AttachmentRequest request, TuningConfig config) =>
        [.. config.Sysctls.Select(sysctl => PodSysctl.Parse(sysctl, request.IfName.Value))];

    private static CniResult RequirePrevious(NetConf conf) => conf.PreviousResult() ?? throw new CniException("Required prevResult missing");
}
