using CniPlugins.Attachment;
using CniPlugins.Cni;
using CniPlugins.Linux;

namespace CniPlugins.Tests.Unit;

/// <summary>DEL and GC try every step, and tell of everything that went wrong.</summary>
public sealed class TeardownTests
{
    [Fact]
    public void Every_step_is_tried_and_every_failure_reported_in_order()
    {
        var teardown = new Teardown();
        var done = new List<string>();
        Assert.False(teardown.Try(() => throw new CniException(CniErrorCode.TryAgainLater, "the lock", "wait")));
        Assert.True(teardown.Try(() => done.Add("link")));
        Assert.Null(teardown.TryOpen<string>(() => throw new LibcException(Errno.EPERM, "open socket")));
        Assert.False(teardown.Try(() => throw new CniException("the address")));
        Assert.Equal(["link"], done);
        var error = Assert.Throws<CniException>(teardown.ThrowIfFailed);
        Assert.Equal("the lock; open socket: operation not permitted; the address", error.Message);
        Assert.StartsWith("wait; ", error.Details, StringComparison.Ordinal);
        Assert.Contains("EPERM", error.Details, StringComparison.Ordinal);
    }

    [Fact]
    public void One_failure_is_thrown_as_itself()
    {
        var teardown = new Teardown();
        teardown.Try(() => throw new CniException(CniErrorCode.TryAgainLater, "the lock", "wait"));
        var error = Assert.Throws<CniException>(teardown.ThrowIfFailed);
        Assert.Equal((CniErrorCode.TryAgainLater, "the lock", "wait"), (error.Code, error.Message, error.Details));
    }

    [Fact]
    public void Where_nothing_failed_nothing_is_thrown_and_what_was_opened_is_handed_over()
    {
        var teardown = new Teardown();
        Assert.Equal("socket", teardown.TryOpen(() => "socket"));
        Assert.Null(teardown.TryOpen<string>(() => null));
        teardown.ThrowIfFailed();
    }
}
