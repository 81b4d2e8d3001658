# Lo que comparten todas las páginas: el marco, horas, duraciones, conjuntos cerrados de los datos.
common-skip = Ir al contenido
common-log-out = Cerrar sesión
common-main-nav = Principal
common-test-mode = Modo de prueba.
common-test-mode-label = Modo de prueba
common-test-mode-only = { $n ->
    [one] Solo se llega a un contacto permitido.
   *[other] Solo se llega a { $n } contactos permitidos.
  }
common-demo = Demostración.
common-demo-label = Demostración
common-demo-what = Personas ficticias con un reloj ficticio.
common-demo-story = Historia y reloj
common-demo-phones = Teléfonos
common-nav-worklist = Lista de trabajo
common-nav-handover = Cambio de turno
common-nav-people = Personas
common-nav-pathways = Rutas de atención
common-nav-intake = Rechazado y en espera
common-nav-keys = Claves
common-nav-accounts = Cuentas
common-nav-access = Registro de accesos
common-minutes = { $n } min
common-hours = { $n } h
common-days = { $n ->
    [one] 1 día
   *[other] { $n } días
  }
common-due-in = Vence en { $lapse }
common-overdue = Vencido hace { $lapse }
common-ago = hace { $lapse }
common-just-now = ahora mismo
common-fault-not-found-title = No se encontró
common-fault-broken-title = Algo salió mal
common-fault-title = No se hizo
common-fault-not-found = Aquí no hay nada.
common-fault-forbidden = Su cuenta no puede hacer esto.
common-fault-role = Su cuenta no puede hacer esto: necesita el rol { $roles }.
common-fault-or = { $left } o { $right }
common-fault-stale = Este formulario ya no es válido. Vuelva atrás, recargue la página e inténtelo otra vez.
common-fault-too-many = Demasiados intentos. Espere unos minutos e inténtelo otra vez.
common-fault-too-large = Esto es demasiado grande.
common-fault-broken = Algo salió mal de nuestro lado. No se cambió nada.
common-fault-find = Buscar a una persona (equipo de atención)
common-fault-start = Ir al inicio
role-nurse = enfermería
role-lead = jefatura
role-designer = diseño
role-integrator = integración
role-auditor = auditoría
role-administrator = administración
channel-sms = mensaje de texto
channel-email = correo electrónico
channel-voice = llamada
channel-voicemail = buzón de voz
channel-portal = página de hoy
language-en = inglés
language-es = español
language-fr = francés
language-de = alemán
language-zh = chino
language-vi = vietnamita
language-ar = árabe
language-ru = ruso
language-pt = portugués
language-ko = coreano
language-tl = tagalo
