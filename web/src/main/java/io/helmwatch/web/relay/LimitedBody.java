package io.helmwatch.web.relay;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** The content of an answer, up to a limit; beyond it the connection is closed. Threading: as {@link BodySubscriber}. */
final class LimitedBody implements BodySubscriber<byte[]> {
    private final long limit;
    private final BodySubscriber<byte[]> content = BodySubscribers.ofByteArray();
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private Flow.@Nullable Subscription subscription;
    private long bytes;

    /**
     * Nothing so far.
     *
     * @param limit most bytes
     */
    LimitedBody(long limit) {
        this.limit = limit;
        var unusedFuture = content.getBody().whenComplete((all, failure) -> {
            if (failure == null) {
                body.complete(all);
            } else {
                body.completeExceptionally(failure);
            }
        });
    }

    @Override
    public CompletionStage<byte[]> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription opened) {
        subscription = opened;
        content.onSubscribe(opened);
    }

    @Override
    public void onNext(List<ByteBuffer> item) {
        bytes += item.stream().mapToLong(ByteBuffer::remaining).sum();
        Flow.Subscription open = subscription;
        if (bytes > limit && open != null) {
            open.cancel();
            body.completeExceptionally(new IOException("the answer has more than " + limit + " bytes"));
        } else {
            content.onNext(item);
        }
    }

    @Override
    public void onError(Throwable failure) {
        content.onError(failure);
    }

    @Override
    public void onComplete() {
        content.onComplete();
    }
}
