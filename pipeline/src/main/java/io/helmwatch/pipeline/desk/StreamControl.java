package io.helmwatch.pipeline.desk;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.pipeline.ring.StreamFeed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The running streams as the desk reads and changes them. An operation touches only its stream; it throws an {@link IllegalStateException} with
 * one sentence when it cannot be done.
 *
 * <p>Threading: any thread; reading waits for nothing.
 */
public interface StreamControl {

    /** The running streams: those of the file in its order, then those that were added, oldest first. */
    List<StreamConfig> streams();

    /** The settings of a running stream; null for one that does not run. */
    @Nullable
    StreamConfig config(String stream);

    /** A running stream; null for one that does not run. */
    @Nullable
    StreamFeed feed(String stream);

    /** Whether the configuration file has the stream. */
    boolean isInFile(String stream);

    /** Open incidents of a stream. */
    int openIncidents(String stream);

    /** The GPUs in use; empty where streams are analysed on the CPU. */
    List<Integer> devices();

    /**
     * Refuses rules that can never fire with the model, or whose incidents could not be published.
     *
     * @throws ConfigException where there are some
     */
    void check(StreamConfig stream);

    /** Starts a stream. */
    void add(StreamConfig stream);

    /** Gives a stream other settings; where only zones, masks and rules differ it continues. */
    void change(StreamConfig stream);

    /** Stops a stream and starts it again. */
    void restart(String stream);

    /** Ends a stream, its incidents and its state. */
    void remove(String stream);
}
