package io.helmwatch.cluster;

import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOutage;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs the cameras that this node is given. The service implements it.
 *
 * <p>Threading: one call at a time, on the cluster's thread for cameras, where not said otherwise; a call may take seconds. A camera that cannot run is the runner's to
 * report; calls do not throw for that.
 */
public interface CameraRunner {

    /**
     * Says that another node had a camera that is started next.
     *
     * @param outage since when the camera has been offline there; null where it was online
     */
    void takeOver(String camera, @Nullable StreamOutage outage);

    /**
     * Starts a camera.
     *
     * @param settings JSON with the keys of a stream
     */
    void start(String camera, String settings);

    /** Gives a running camera other settings. */
    void change(String camera, String settings);

    /** Stops a camera that no longer exists; its state is removed. */
    void remove(String camera);

    /** Stops cameras that another node takes over, ends their incidents, and waits for a bounded time until these are delivered. */
    void release(Collection<String> cameras);

    /** Stops cameras that another node may run already; publishes no further state of them. */
    void abandon(Collection<String> cameras);

    /**
     * Whether this node can connect to a camera that another node has, and gets a picture. Called by several threads of their own; takes seconds.
     *
     * @param settings JSON with the keys of a stream
     */
    boolean reaches(String camera, String settings);

    /**
     * Ends incidents of a camera that a lost node left open. When it throws, since they cannot be stored, it is called again with those that are still open.
     *
     * @param messages the last message of each, JSON
     * @param origin stamp of the end messages
     */
    void endOrphans(String camera, List<byte[]> messages, NodeEpoch origin);
}
