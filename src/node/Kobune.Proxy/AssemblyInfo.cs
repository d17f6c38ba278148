using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Kobune.Proxy.Tests")]
[assembly: InternalsVisibleTo("Kobune.Bench")]
