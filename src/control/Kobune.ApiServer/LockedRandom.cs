namespace Kobune.ApiServer;

/// <summary>Random numbers that cannot be foretold, for concurrent use.</summary>
internal sealed class LockedRandom : Random
{
    public override int Next() => Next(int.MaxValue);
    public override int Next(int maxValue) => maxValue <= 1 ? 0 : System.Security.Cryptography.RandomNumberGenerator.GetInt32(maxValue);
    public override int Next(int minValue, int maxValue) => minValue >= maxValue ? minValue : System.Security.Cryptography.RandomNumberGenerator.GetInt32(minValue, maxValue);
    public override void NextBytes(byte[] buffer) => System.Security.Cryptography.RandomNumberGenerator.Fill(buffer);
    public override void NextBytes(Span<byte> buffer) => System.Security.Cryptography.RandomNumberGenerator.Fill(buffer);
    public override double NextDouble() => System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue;
    protected override double Sample() => NextDouble();
}
