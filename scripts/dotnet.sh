#!/bin/sh
# dotnet.sh ARGUMENT...: the .NET SDK's command, as every script calls it.
set -eu
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# The SDK wants libicu for the words of other languages, and does not start without; a minimal Debian has none.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
# For the runtime's build-local.sh, which builds its shim for OpenSSL: optimised, without the name of the folder that NuGet
# keeps its source in, and without cmake's warning of an option that build-local.sh itself gives for nothing.
packages=${NUGET_PACKAGES:-${HOME-}/.nuget/packages}
export CMAKE_EXTRA_ARGS="-DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS=-ffile-prefix-map=$packages=/_/packages --no-warn-unused-cli"
exec dotnet "$@"
