namespace CniPlugins.Cni.Options;

/// <summary>Somebody who listens while options are read, and wants to know which there are or what is wrong with them.</summary>
/// <remarks>A plugin reads without one. What a listener needs is so no part of a plugin's start.</remarks>
internal abstract class OptionAudience
{
    /// <summary>Whether nobody's configuration is read, only what could stand in one.</summary>
    public virtual bool IsDescribing => false;

    /// <summary>The version of the specification that the network speaks.</summary>
    public CniVersion Version { get; init; } = CniVersion.V110;

    /// <summary>An option is about to be read.</summary>
    public abstract void Declare(OptionReader reader, string key, OptionType type, string defaultValue, string about, string since);

    /// <summary>A value is wrong, or hardly meant; the empty key is the object as a whole.</summary>
    public virtual void Note(bool isError, OptionReader reader, string key, string message)
    {
    }

    /// <summary>Runs what reads an object, and may throw.</summary>
    public virtual void Guard(OptionReader reader, Action read) => read();

    /// <summary>All who know keys of an object have been asked: others are unknown ones.</summary>
    public virtual void Close(OptionReader reader)
    {
    }
}
