namespace CniPlugins.Linux;

/// <summary>A failure that the kernel named by an error number; its name goes into the details of the CNI error.</summary>
internal interface IErrnoException
{
    Errno Errno { get; }
}
