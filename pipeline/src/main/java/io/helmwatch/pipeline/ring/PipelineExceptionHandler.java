package io.helmwatch.pipeline.ring;

import com.lmax.disruptor.ExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Last resort: stage handlers do not throw; if one does, its thread continues. */
final class PipelineExceptionHandler implements ExceptionHandler<FrameSlot> {
    private static final Logger LOG = LoggerFactory.getLogger(PipelineExceptionHandler.class);

    @Override
    public void handleEventException(Throwable failure, long sequence, FrameSlot slot) {
        LOG.error("Stage handler failed on slot {}", sequence, failure);
    }

    @Override
    public void handleOnStartException(Throwable failure) {
        LOG.error("Stage handler not started", failure);
    }

    @Override
    public void handleOnShutdownException(Throwable failure) {
        LOG.error("Stage handler not stopped", failure);
    }
}
