namespace TorchSharp.Modules;

/// <summary>A module that has neither parameters nor buffers, so that moving it does nothing.</summary>
public abstract class ParameterLessModule<T1, TResult> : torch.nn.Module<T1, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name)
        : base(name)
    {
    }

    public override void register_buffer(
        string name, torch.Tensor tensor, bool persistent = true) => throw ParameterLess.Refuse("buffer", name);

    public override void register_parameter(string name, Parameter param) => throw ParameterLess.Refuse("parameter", name);

    public override void register_module(string name, torch.nn.Module submodule)
    {
        if (submodule is not IParameterLessModule)
        {
            throw ParameterLess.Refuse("child with parameters", name);
        }

        base.register_module(name, submodule);
    }

    protected internal override torch.nn.Module _to(torch.Device device, torch.ScalarType dtype, bool non_blocking) => this;

    protected internal override torch.nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => this;

    protected internal override torch.nn.Module _to(torch.ScalarType dtype, bool non_blocking) => this;
}
