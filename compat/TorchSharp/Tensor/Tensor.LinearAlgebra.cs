namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            Call("addmm", mat1, mat2, (double)beta, (double)alpha);

        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            InPlace("addmm_", mat1, mat2, (double)beta, (double)alpha);

        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1, float alpha = 1) =>
            Call("addmv", mat, vec, (double)beta, (double)alpha);

        public Tensor addmv_(Tensor mat, Tensor vec, float beta = 1, float alpha = 1) =>
            InPlace("addmv_", mat, vec, (double)beta, (double)alpha);

        public Tensor addr(Tensor vec1, Tensor vec2, float beta = 1, float alpha = 1) =>
            Call("addr", vec1, vec2, (double)beta, (double)alpha);

        public Tensor addr_(Tensor vec1, Tensor vec2, float beta = 1, float alpha = 1) =>
            InPlace("addr_", vec1, vec2, (double)beta, (double)alpha);

        public Tensor addbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            Call("addbmm", batch1, batch2, (double)beta, (double)alpha);

        public Tensor addbmm_(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            InPlace("addbmm_", batch1, batch2, (double)beta, (double)alpha);

        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            Call("baddbmm", batch1, batch2, (double)beta, (double)alpha);

        public Tensor bmm(Tensor batch2) => Call("bmm", batch2);

        public Tensor matmul(Tensor target) => Call("matmul", target);

        public Tensor mm(Tensor target) => Call("mm", target);

        public Tensor mv(Tensor target) => Call("mv", target);

        public Tensor dot(Tensor target) => Call("dot", target);

        public Tensor vdot(Tensor target) => Call("vdot", target);

        public Tensor outer(Tensor vec2) => Call("outer", vec2);

        public Tensor ger(Tensor vec2) => Call("ger", vec2);

        public Tensor inner(Tensor vec2) => Call("inner", vec2);

        public Tensor kron(Tensor other) => Call("kron", other);

        public Tensor det() => Call("det");

        public Tensor logdet() => Call("logdet");

        public Tensor inverse() => Call("inverse");

        public Tensor pinverse(double rcond = 1e-15, bool hermitian = false) => Call("linalg_pinv", rcond, hermitian);

        public Tensor matrix_exp() => Call("matrix_exp");

        public Tensor matrix_power(int n) => Call("matrix_power", n);

        public Tensor cholesky(bool upper = false) => Call("cholesky", upper);

        public Tensor tensordot(Tensor b, long[] dims1, long[] dims2) => Call("tensordot", b, dims1, dims2);

        public Tensor renorm(float p, long dim, float maxnorm) => Call("renorm", (double)p, dim, (double)maxnorm);

        public Tensor tensordot(Tensor b, long dims = 2)
        {
            var own = Enumerable.Range((int)(Dimensions - dims), (int)dims).Select(d => (long)d).ToArray();
            var others = Enumerable.Range(0, (int)dims).Select(d => (long)d).ToArray();
            return tensordot(b, own, others);
        }

        public Tensor tensordot(Tensor b, (long, long)[] dims) =>
            tensordot(b, Array.ConvertAll(dims, d => d.Item1), Array.ConvertAll(dims, d => d.Item2));

        public Tensor cholesky_inverse(bool upper = false) => Call("cholesky_inverse", upper);

        public Tensor cholesky_solve(Tensor input2, bool upper = false) => Call("cholesky_solve", input2, upper);
    }
}
