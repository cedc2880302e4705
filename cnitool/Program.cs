using System.Text;
using CniPlugins.Cni;
using CniPlugins.Cnitool;

using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false));
using var error = new StreamWriter(Console.OpenStandardError(), new UTF8Encoding(false));
var environment = CniEnvironment.Current.Variables;
return new CommandLine(environment, output, error, Terminal.Of(environment)).Run(args);
