using Microsoft.Win32.SafeHandles;

namespace CniPlugins.Linux;

/// <summary>A descriptor as C takes it, an int, which nobody closes as long as this lives.</summary>
internal readonly ref struct BorrowedDescriptor
{
    private readonly SafeFileHandle _owner;

    public BorrowedDescriptor(SafeFileHandle owner)
    {
        var isHeld = false;
        owner.DangerousAddRef(ref isHeld);
        _owner = owner;
        Number = (int)owner.DangerousGetHandle();
    }

    public int Number { get; }

    public void Dispose() => _owner.DangerousRelease();
}
