using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Kobune.Client.Tests")]
