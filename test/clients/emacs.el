;;; Uses examples/emacs as its user would and prints one JSON object with what was seen.  -*- lexical-binding: t -*-
(require 'dev-server-port)
(require 'json)
(setq dev-server-port-worker (list (getenv "NODE") (getenv "WORKER") "--stdio" "--provider" "ledger"))

(defun wait-until (condition)
  (while (not (funcall condition)) (accept-process-output nil 0.005)))

(defun seen-of (work)
  "What WORK says, or the error that it ends with."
  (condition-case failure
      `((said . ,(funcall work)))
    (user-error `((refused . ,(cadr failure))))))

(defun can-listen (port)
  "Whether an ordinary server gets the port."
  (condition-case nil
      (progn (delete-process (make-network-process :name "try" :server t :service port :family 'ipv4 :host "0.0.0.0")) t)
    (file-error nil)))

(let* ((too-early (seen-of (lambda () (dev-server "true"))))
       (first (seen-of #'dev-server-port))
       (port (string-to-number (getenv "PORT")))
       (again (seen-of #'dev-server-port))
       (held (not (can-listen port)))
       (listed (with-temp-buffer
                 (call-process (getenv "NODE") nil t nil (getenv "LIST"))
                 (goto-char (point-min))
                 (json-parse-buffer :object-type 'alist)))
       (taken (seen-of (lambda () (dev-server-port (string-to-number (getenv "TAKEN"))))))
       (wrong (seen-of (lambda () (dev-server-port 70000))))
       server after)
  ;; The server listens on $PORT, and ends.
  (dev-server (getenv "SERVE"))
  (with-current-buffer "*dev server*"
    (wait-until (lambda () (string-match "^listening on [0-9]+$" (buffer-string))))
    (setq server (match-string 0 (buffer-string)))
    (interrupt-process (get-buffer-process (current-buffer))))
  (wait-until (lambda () dev-server-port--reservation))
  (setq after (not (can-listen port)))
  ;; The worker dies, and the next command starts another.
  (signal-process (jsonrpc--process dev-server-port--connection) 'SIGKILL)
  (wait-until (lambda () (not (jsonrpc-running-p dev-server-port--connection))))
  (princ (json-encode `((tooEarly . ,too-early) (first . ,first) (port . ,port) (again . ,again) (isHeld . ,held)
                        (listed . ,(alist-get 'reservations listed)) (taken . ,taken) (wrong . ,wrong)
                        (server . ,server) (isHeldAfter . ,after) (revived . ,(seen-of #'dev-server-port))))))
