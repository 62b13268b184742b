namespace Fulgurite.Tests.Strategies.Conformance;

/// <summary>What a suite covers that cannot be made on every machine.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
internal sealed class CoversAttribute(Type strategy) : Attribute
{
    public Type Strategy { get; } = strategy;
}
