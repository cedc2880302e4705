namespace CniPlugins.Http;

/// <summary>What a server answered: the status code and the whole body.</summary>
internal readonly record struct HttpAnswer(int Status, byte[] Body);
