using System.Buffers.Binary;

namespace Kobune.Cri.Images;

/// <summary>Bytes with labels: instructions whose operand is the distance to a label are filled in at the end.</summary>
internal sealed class MachineCode
{
    private readonly List<byte> _bytes = [];
    private readonly Dictionary<string, int> _labels = [];
    private readonly List<(int At, string Label, Action<byte[], int, int> Patch)> _fixups = [];

    internal MachineCode Label(string name)
    {
        _labels[name] = _bytes.Count;
        return this;
    }

    internal MachineCode Bytes(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    internal MachineCode Word(uint instruction)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(word, instruction);
        return Bytes(word);
    }

    internal MachineCode Quad(ulong value) => Word((uint)value).Word((uint)(value >> 32));

    /// <summary>x86-64: the 8-bit distance from the next instruction.</summary>
    internal MachineCode Relative8(string label) => Fix(label, 1, (code, at, target) =>
        code[at] = (byte)checked((sbyte)(target - (at + 1))));

    /// <summary>x86-64: the 32-bit distance from the next instruction.</summary>
    internal MachineCode Relative32(string label) => Fix(label, 4, (code, at, target) =>
        BinaryPrimitives.WriteInt32LittleEndian(code.AsSpan(at), target - (at + 4)));

    /// <summary>aarch64 branches: the distance in instructions, <paramref name="bits"/> wide, shifted into place.</summary>
    internal MachineCode Branch(uint opcode, int bits, int shift, string label) => Fix(label, 4, (code, at, target) =>
        BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(at), opcode | ((uint)((target - at) / 4) & ((1u << bits) - 1)) << shift));

    /// <summary>aarch64 adr: the distance in bytes, its low two bits at 29, the rest at 5.</summary>
    internal MachineCode Address(uint register, string label) => Fix(label, 4, (code, at, target) =>
    {
        uint distance = (uint)(target - at);
        BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(at), 0x10000000 | (distance & 3) << 29 | (distance >> 2 & 0x7FFFF) << 5 | register);
    });

    internal byte[] Assemble()
    {
        byte[] code = [.. _bytes];
        foreach (var (at, label, patch) in _fixups)
            patch(code, at, _labels[label]);
        return code;
    }

    private MachineCode Fix(string label, int size, Action<byte[], int, int> patch)
    {
        _fixups.Add((_bytes.Count, label, patch));
        _bytes.AddRange(new byte[size]);
        return this;
    }
}
