package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.ExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Last resort: stage handlers do not throw, and should one do so all the same, its thread lives on. */
final class PipelineExceptionHandler implements ExceptionHandler<FrameSlot> {
    private static final Logger LOG = LoggerFactory.getLogger(PipelineExceptionHandler.class);

    @Override
    public void handleEventException(Throwable failure, long sequence, FrameSlot slot) {
        LOG.error("a stage handler threw on slot {}", sequence, failure);
    }

    @Override
    public void handleOnStartException(Throwable failure) {
        LOG.error("a stage handler could not start", failure);
    }

    @Override
    public void handleOnShutdownException(Throwable failure) {
        LOG.error("a stage handler could not stop", failure);
    }
}
