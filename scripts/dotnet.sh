#!/bin/sh
# dotnet.sh ARGUMENT...: the .NET SDK's command, as every script calls it.
set -eu
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# The SDK wants libicu for the words of other languages, and does not start without; a minimal Debian has none.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
# For the runtime's build-local.sh, which builds its shim for OpenSSL: without a build type cmake keeps the assertions, and
# in them the name of the directory; and it warns of an option that Microsoft's own call gives it for nothing.
export CMAKE_EXTRA_ARGS='-DCMAKE_BUILD_TYPE=Release --no-warn-unused-cli'
exec dotnet "$@"
