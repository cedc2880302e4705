using System.Text;
using CniPlugins.Cni;
using CniPlugins.Cnitool;
using CniPlugins.Linux;

DescriptorStream.OccupyStandardStreams();

// The console's own stream takes a pipe without a reader for success.
using var stdout = DescriptorStream.StandardOutput();
using var stderr = DescriptorStream.StandardError();
using var output = new StreamWriter(stdout, new UTF8Encoding(false));
using var error = new StreamWriter(stderr, new UTF8Encoding(false));
var environment = CniEnvironment.Current.Variables;
return new CommandLine(environment, output, error, Terminal.Of(environment)).Run(args);
