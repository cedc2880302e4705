using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Linux;

namespace CniPlugins.Flannel;

/// <summary>Attaches a pod to this node's part of a flannel network, by another plugin that is told what flanneld has written down.</summary>
internal sealed class FlannelPlugin : Plugin<FlannelConfig>
{
    public override PluginRole Role => PluginRole.Main;

    public override void Declare(OptionReader options) => FlannelConfig.Read(options);

    protected override FlannelConfig Read(Request request) => FlannelConfig.Read(request);

    protected override CniResult Add(AddRequest request, FlannelConfig config)
    {
        var conf = DelegateConf.Render(request, config, SubnetEnv.Read(config.SubnetFile));
        _ = DelegatedPlugin.Find(conf.Type, request.Environment.Path);
        var delegated = new DelegatedPlugin(request, conf.Type, conf.Bytes);
        using var undo = new Undo();

        var file = StateFile.ForAdd(request, config.DataDir);
        var before = file.Read();
        undo.Guard(before, earlier =>
        {
            // The file stays if this fails: the runtime's DEL tries again. An attachment that was there before stays too.
            if (earlier is null)
                delegated.Call("DEL");
            file.PutBack(earlier);
        });
        file.Save(request, conf);
        var result = Parse(delegated.Call("ADD"), request);
        undo.Commit();
        return result;
    }

    protected override void Check(CheckRequest request, FlannelConfig config) => RequireDelegate(request, config).Call("CHECK");

    protected override void Repair(CheckRequest request, FlannelConfig config)
    {
        if (RequireDelegate(request, config) is { IsOurs: true } delegated)
            delegated.Call("REPAIR");
    }

    protected override void Del(DelRequest request, FlannelConfig config)
    {
        if (StateFile.Find(request, config.DataDir) is not { } file)
            return;
        if (Saved(file) is { } conf)
            new DelegatedPlugin(request, conf.Type, conf.Bytes).Call("DEL");
        else
            StandardError.WriteLine($"flannel: {file} is no configuration: an ADD was killed before it attached anything");
        file.Delete();
    }

    protected override void Gc(GcRequest request, FlannelConfig config)
    {
        var garbage = new Garbage(request);
        var stale = StateFile.All(config.DataDir).Where(file => file.IsStale(request, garbage)).ToList();
        var conf = DelegateConf.Render(request, config, FindSubnet(config));
        new DelegatedPlugin(request, conf.Type, conf.Bytes).Call("GC");
        var teardown = new Teardown();
        foreach (var file in stale)
            teardown.Try(file.Delete);
        teardown.ThrowIfFailed();
    }

    protected override void Status(StatusRequest request, FlannelConfig config)
    {
        var conf = DelegateConf.Render(request, config, RequireSubnet(config));
        if (DirectoryAccess.FindProblem(config.DataDir) is { } problem)
        {
            throw new CniException(
                CniErrorCode.PluginNotAvailable, $"flannel cannot keep what its delegate is told: {problem}", "dataDir says where it is kept");
        }

        new DelegatedPlugin(request, conf.Type, conf.Bytes).Call("STATUS");
    }

    private static DelegateConf? Saved(StateFile file) => file.Read() is { } content ? DelegateConf.Parse(content) : null;

    private static DelegatedPlugin RequireDelegate(CheckRequest request, FlannelConfig config)
    {
        if (StateFile.Find(request, config.DataDir) is { } file && Saved(file) is { } saved)
            return new DelegatedPlugin(request, saved.Type, saved.WithPrevious(request.Conf).Bytes);
        throw new CniException(
            $"flannel: no configuration is kept for {request.ContainerId} in {config.DataDir}", "DEL would take away nothing: make the pod anew");
    }

    private static CniResult Parse(byte[] output, AddRequest request)
    {
        try
        {
            return ResultReader.Read(output, request.Conf.VersionText);
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to unmarshal raw result", e);
        }
    }

    private static SubnetEnv RequireSubnet(FlannelConfig config)
    {
        try
        {
            return SubnetEnv.Read(config.SubnetFile);
        }
        catch (CniException e)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }
    }

    /// <summary>GC goes by networks and owners: a node that flanneld has left is cleaned all the same.</summary>
    private static SubnetEnv? FindSubnet(FlannelConfig config)
    {
        try
        {
            return SubnetEnv.Read(config.SubnetFile);
        }
        catch (CniException)
        {
            return null;
        }
    }
}
