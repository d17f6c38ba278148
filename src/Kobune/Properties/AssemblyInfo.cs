using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Kobune.Tests")]
