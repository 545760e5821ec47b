package io.helmwatch.cuda;

import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.global.cudart;

/**
 * Work that is captured once and launched as a whole.
 *
 * <p>Threading: one thread at a time. Ownership: frees the graph; buffers and kernels that it uses must live longer.
 */
public final class CudaGraph implements AutoCloseable {

    private final CUgraphExec_st executable = new CUgraphExec_st();
    private boolean closed;

    private CudaGraph(CUgraph_st graph) {
        CudaErrors.check(cudart.cudaGraphInstantiate(executable, graph, 0), "cudaGraphInstantiate");
    }

    /**
     * Captures the work that {@code work} enqueues in the stream, without running it.
     *
     * @throws CudaException when a call cannot be captured; the stream is usable afterwards
     */
    public static CudaGraph capture(CudaStream stream, Runnable work) {
        CudaErrors.check(
                cudart.cudaStreamBeginCapture(stream.pointer(), cudart.cudaStreamCaptureModeThreadLocal),
                "cudaStreamBeginCapture");
        CUgraph_st graph = new CUgraph_st();
        RuntimeException failure = null;
        try {
            work.run();
        } catch (RuntimeException e) {
            failure = e;
        }
        int code = cudart.cudaStreamEndCapture(stream.pointer(), graph);
        if (failure != null) {
            if (code == 0) {
                cudart.cudaGraphDestroy(graph);
            }
            throw failure;
        }
        CudaErrors.check(code, "cudaStreamEndCapture");
        try {
            return new CudaGraph(graph);
        } finally {
            cudart.cudaGraphDestroy(graph);
        }
    }

    /** Enqueues the captured work. */
    public void launch(CudaStream stream) {
        CudaErrors.check(cudart.cudaGraphLaunch(executable, stream.pointer()), "cudaGraphLaunch");
    }

    /** Frees the graph; a second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            CudaErrors.check(cudart.cudaGraphExecDestroy(executable), "cudaGraphExecDestroy");
        }
    }
}
