namespace CniPlugins.Calico.Install;

/// <summary>The node cannot be set up; the message is for the pod's log.</summary>
internal sealed class InstallException(string message, Exception? cause = null) : Exception(message, cause);
