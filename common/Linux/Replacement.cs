using System.Runtime.InteropServices;

namespace CniPlugins.Linux;

/// <summary>Another program in the place of this one.</summary>
internal static class Replacement
{
    /// <summary>exec(1): same process, same descriptors, same environment; comes back only to throw <see cref="LibcException"/>.</summary>
    public static unsafe void Become(string path, IReadOnlyList<string> arguments)
    {
        var pointers = new nint[arguments.Count + 1];
        for (var i = 0; i < arguments.Count; i++)
            pointers[i] = Marshal.StringToCoTaskMemUTF8(arguments[i]);
        fixed (nint* first = pointers)
        fixed (byte* name = CString.Of(path, stackalloc byte[CString.Usual]))
            _ = Libc.execv(name, (byte**)first);
        var errno = Libc.LastError;
        foreach (var pointer in pointers)
            Marshal.FreeCoTaskMem(pointer);
        throw new LibcException(errno, $"exec {path}");
    }
}
