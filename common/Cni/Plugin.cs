using CniPlugins.Cni.Options;

namespace CniPlugins.Cni;

/// <summary>Answers the verbs of the protocol; failures are exceptions, which <see cref="PluginHost"/> turns into the error document.</summary>
internal abstract class Plugin
{
    /// <summary>The versions of the specification this plugin speaks, oldest first.</summary>
    public virtual IReadOnlyList<CniVersion> Versions => CniVersion.All;

    /// <summary>Its place in a chain, for who looks at the chain as a whole.</summary>
    public virtual PluginRole Role => PluginRole.Other;

    /// <summary>Reads the options for who wants to know which there are, or what is wrong with them: advice included.</summary>
    public virtual void Declare(OptionReader options)
    {
    }

    public abstract CniResult Add(AddRequest request);

    public abstract void Check(CheckRequest request);

    public abstract void Del(DelRequest request);

    public abstract void Gc(GcRequest request);

    public abstract void Status(StatusRequest request);

    /// <summary>Puts back what somebody's <c>nft flush ruleset</c> or <c>tc qdisc del</c> took from a living attachment; most plugins have nothing to do.</summary>
    public virtual void Repair(CheckRequest request)
    {
    }

    /// <summary>The shape in which ADD's result is printed: that of the configuration's version.</summary>
    public virtual CniVersion ShapeFor(NetConf conf) => conf.Version;
}

/// <summary>A plugin with a configuration of its own, decoded once per call.</summary>
internal abstract class Plugin<TConfig> : Plugin
{
    public sealed override CniResult Add(AddRequest request) => Add(request, Read(request));

    public sealed override void Check(CheckRequest request) => Check(request, Read(request));

    public sealed override void Del(DelRequest request) => Del(request, Read(request));

    public sealed override void Gc(GcRequest request) => Gc(request, Read(request));

    public sealed override void Status(StatusRequest request) => Status(request, Read(request));

    public sealed override void Repair(CheckRequest request) => Repair(request, Read(request));

    /// <summary>Decodes and validates; throws for contradictory settings.</summary>
    protected abstract TConfig Read(Request request);

    protected abstract CniResult Add(AddRequest request, TConfig config);

    protected abstract void Check(CheckRequest request, TConfig config);

    protected abstract void Del(DelRequest request, TConfig config);

    protected abstract void Gc(GcRequest request, TConfig config);

    protected abstract void Status(StatusRequest request, TConfig config);

    protected virtual void Repair(CheckRequest request, TConfig config)
    {
    }
}
