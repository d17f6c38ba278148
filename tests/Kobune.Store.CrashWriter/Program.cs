using Kobune.Store.CrashWriter;

// usage: Kobune.Store.CrashWriter sound|broken DATABASE — writes until it is killed.
var acknowledgements = new Acknowledgements();
if (args[0] == "broken")
{
    BrokenWriter.Run(args[1], acknowledgements);
}
else
{
    await SoundWriter.RunAsync(args[1], acknowledgements);
}
