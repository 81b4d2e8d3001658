# La demostración y los teléfonos.
demo-title = Dos personas vuelven a casa tras la misma operación
demo-intro-1 = El hospital de Katie le entrega una hoja de papel; el de David usa Throughline.
demo-intro-2 = Deje correr el reloj, o avance paso a paso, y vea qué le llega a David, qué se pide a sus enfermeras y por qué: abra cualquier evento.
demo-intro-3 = Usted puede ser David: su teléfono está en esta página, y responde.
demo-jump = Partes de esta página
demo-jump-phone = Teléfono
demo-jump-team = Equipo
demo-not-yet = Todavía no está en el hospital.
demo-clock = El reloj
demo-day = Día { $n }
demo-run = Poner en marcha
demo-pause = Pausa
demo-step = Avanzar el reloj
demo-step-event = Próximo evento
demo-step-hour = +1 hora
demo-step-day = +1 día
demo-speed = Velocidad
demo-speed-slow = Lento
demo-speed-usual = Normal
demo-speed-fast = Rápido
demo-pace-still = El reloj está parado.
demo-pace-rings = Suena un teléfono: el reloj va a su ritmo.
demo-pace-seconds = Un día dura { $n ->
    [one] 1 segundo
   *[other] { $n } segundos
  }.
demo-pace-minutes = Un día dura { $n ->
    [one] 1 minuto
   *[other] { $n } minutos
  }.
demo-logins = Accesos de esta demostración
demo-logins-about = Cada función tiene sus propias páginas.
demo-login-role = Función
demo-login-name = Nombre
demo-login-password = Contraseña
demo-all-phones = Todos los teléfonos y buzones
demo-back = Katie y David
demo-phone = El teléfono de David
demo-with = con Throughline
demo-paper = con papel
demo-story = Lo que pasó, lo más nuevo primero
demo-sum-prompts = { $n ->
    [one] pedido a enfermería
   *[other] pedidos a enfermería
  }
demo-sum-done = { $n ->
    [one] tarea hecha
   *[other] tareas hechas
  }
demo-left-sms = Salió un mensaje de texto
demo-left-email = Salió un correo
demo-left-voice = Salió una llamada automática
demo-left-voicemail = Se dejó un mensaje de voz
demo-left-portal = Se puso una nota en la página de hoy
demo-left-other = Salió un mensaje
demo-end-failed = , y no llegó
demo-end-unknown = , quizás
demo-call-answered = Contestó la llamada
demo-call-missed = No contestó la llamada
demo-understood = Se entendió como: { $class }
demo-class-done = hecho
demo-class-stop = alto
demo-class-red_flag = señal de peligro
demo-class-question = una pregunta
demo-class-thanks = agradecimiento
demo-class-wrong_number = número equivocado
demo-class-start = mensajes de nuevo
demo-class-picked_up = recogido
demo-outcome = Resultado de enfermería: { $outcome }
demo-corrected = Se corrigió el resultado: { $outcome }
demo-outcome-reached = contactado
demo-a-task = Una tarea
demo-wish-language = Idioma
demo-wish-quiet = Horas de silencio
demo-wish-paused_until = En pausa hasta
demo-wish-task_reminders = Mensajes sobre tareas
demo-outcome-no_answer = sin respuesta
demo-outcome-voicemail = mensaje de voz
demo-outcome-wrong_number = número equivocado
demo-outcome-call_back = llamar más tarde
demo-outcome-already_handled = ya resuelto
demo-outcome-declined = no lo desea
demo-outcome-not_appropriate = no procede
demo-fact-encounter-admitted = Ingresó
demo-fact-encounter-discharged = Volvió a casa
demo-fact-encounter-discharge_cancelled = Se anuló el alta
demo-fact-encounter-readmitted = Reingresó
demo-fact-procedure-performed = Fue operado
demo-fact-medication-requested = Se recetó un medicamento
demo-fact-medication-ready = El medicamento está listo en la farmacia
demo-fact-medication-picked_up = Se recogió el medicamento
demo-fact-medication-stopped = Se suspendió un medicamento
demo-fact-appointment-booked = Se reservó una cita
demo-fact-appointment-moved = Se cambió la cita
demo-fact-appointment-cancelled = Se canceló la cita
demo-fact-appointment-missed = No vino a la cita
demo-fact-person-died = Falleció
demo-fact-reply-received = David escribió
demo-fact-prompt-opened = Se pidió a enfermería
demo-fact-prompt-acknowledged = Una enfermera se hizo cargo
demo-fact-prompt-escalated = Nadie actuó a tiempo: se pidió a otros
demo-fact-prompt-withdrawn = Enfermería ya no tiene que hacerlo
demo-fact-journey-started = Empezó la ruta
demo-fact-journey-ended = Terminó la ruta
demo-fact-task-done = Hecho
demo-fact-task-added = Se añadió una tarea
demo-fact-reach-ended = Terminó un intento de avisarle
demo-fact-consent-changed = Cambió un consentimiento
demo-fact-preference-changed = Cambió una preferencia
demo-fact-contact-disabled = Se cerró un número
demo-fact-message-failed = Un mensaje no llegó
demo-why-said = Lo dijo
demo-why-because = Porque
demo-why-resource = la fuente envió
demo-why-pathway = Ruta
demo-why-reason = Por qué importa
demo-why-team = Se pidió a
demo-why-due = para
demo-why-rules = Reglas
demo-by-hub = Throughline mismo
demo-by-patient = el paciente
demo-katie-what = Lo que tiene Katie
demo-katie-told = Lo que le dijeron
demo-katie-fetch = Recoger en una farmacia:
demo-katie-visit = Acudir a
demo-katie-call = Llame si algo va mal
demo-katie-crossed = Nada está tachado: nadie pregunta.
demo-katie-home = volvió a casa. Desde entonces su hospital no sabe nada.
demo-row-reached = Avisos
demo-row-asked = Llamadas de enfermería
demo-row-done = Tareas hechas
demo-row-medicine = Antibiótico
demo-medicine-none = ninguno
demo-medicine-picked-up = recogido
demo-medicine-ready = listo, espera
demo-medicine-unknown = no se sabe
demo-team = Lo que ve el equipo
demo-team-list = Pedidos abiertos
demo-team-open = { $n ->
    [one] abierto
   *[other] abiertos
  }
demo-team-urgent = { $n ->
    [one] urgente
   *[other] urgentes
  }
demo-team-late = { $n ->
    [one] vencido
   *[other] vencidos
  }
demo-team-empty = Ahora no se pide nada a nadie.
demo-team-enter = Entrar como enfermera
demo-team-open-as = Abrir
demo-urgent = Urgente
demo-phones = Teléfonos y buzones
demo-phones-about = De mentira: nada sale de esta máquina. Abra uno para leer, contestar y atender.
demo-phones-empty = Todavía no se envió nada a nadie.
demo-phones-more = y { $n } más
demo-ringing = Está sonando
demo-phone-items = { $n ->
    [one] 1 elemento
   *[other] { $n } elementos
  }
demo-phone-list = En el teléfono, lo más nuevo primero
demo-phone-empty = Aquí no hay nada todavía.
demo-is-calling = Llama { $who }
demo-on-the-line = { $who } está en la línea
demo-call = Llamada
demo-answer = Contestar
demo-decline = Rechazar
demo-key = Tecla { $key }
demo-wait = No decir nada
demo-hang-up = Colgar
demo-came-text = Mensaje de texto
demo-came-written = Usted escribió
demo-came-voicemail = Mensaje de voz
demo-came-mail = Correo
demo-came-ringing = Llamada, sonando
demo-came-talking = Llamada en curso
demo-came-answered = Llamada atendida
demo-came-missed = Llamada perdida
demo-pressed = Pulsó { $keys }
demo-unsubscribe = Cancelar la suscripción
demo-write-mail = Contestar (un correo)
demo-write-text = Contestar (un mensaje)
demo-write-hint = Responder…
demo-send = Enviar
demo-sent-sms = mensajes de texto
demo-sent-one-sms = mensaje de texto
demo-sent-email = correos
demo-sent-one-email = correo
demo-sent-voice = llamadas automáticas
demo-sent-one-voice = llamada automática
demo-sent-voicemail = mensajes de voz
demo-sent-one-voicemail = mensaje de voz
demo-sent-push = notificaciones
demo-sent-one-push = notificación
demo-sent-portal = notas
demo-sent-one-portal = nota
